// Puts the parts together.

function start() {
  themes();
  const { token, suggestions } = JSON.parse(byId("data").textContent);
  const trouble = byId("trouble");
  const server = new Server(token, {
    entry: (entry) => log.put(entry),
    ready: () => log.ready(),
    state: (up) => {
      byId("state").textContent = up ? "已连接" : "连不上，重试中";
    },
    trouble: (text) => {
      trouble.textContent = text;
      trouble.hidden = !text;
    },
  });
  const log = new Log({
    press: (message, button) => server.press(message, button),
    reply: (entry) => composer.replyTo(entry),
  });
  const composer = new Composer(
    suggestions,
    (text, under) => server.say(text, under),
    () => log.typed(),
  );
  for (const example of document.querySelectorAll(".example")) {
    example.addEventListener("click", () => server.say(example.dataset.say));
  }
  server.listen();
  if (matchMedia("(pointer: fine)").matches) composer.field.focus(); // with fingers the keyboard would cover the page
}

start();
document.documentElement.dataset.alive = "";
