// To and from the program: a stream of entries that goes on where it broke off, and two things that can be said.

const AGAIN_MS = 2000;

class Server {
  constructor(token, { entry, ready, state, trouble }) {
    this.token = token;
    this.on = { entry, ready, state, trouble };
    this.seen = "0";
    this.unsettled = new Map(); // what was said and perhaps not heard -> its id
  }

  listen() {
    const stream = new EventSource(`/stream?${new URLSearchParams({ token: this.token, after: this.seen })}`);
    stream.addEventListener("message", (event) => {
      this.seen = event.lastEventId;
      this.on.entry(JSON.parse(event.data));
    });
    stream.addEventListener("ready", () => {
      this.on.state(true);
      this.on.ready();
    });
    stream.addEventListener("stale", () => location.reload()); // another process, with a log of its own
    stream.addEventListener("error", () => {
      this.on.state(false);
      if (stream.readyState === EventSource.CLOSED) setTimeout(() => this.listen(), AGAIN_MS); // not by itself, then
    });
  }

  say(text, under) {
    return this.send("/say", under === undefined ? { text } : { text, under });
  }

  press(message, button) {
    return this.send("/press", { message, button });
  }

  // Whether it was taken. What may have arrived is said again with the same id, and answered once.
  async send(path, told) {
    const what = JSON.stringify([path, told]);
    const id = this.unsettled.get(what) ?? crypto.randomUUID();
    this.unsettled.set(what, id);
    let wrong = "没有连上 curvebot，它还在运行吗？";
    try {
      const answer = await fetch(path, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-Curvebot-Token": this.token },
        body: JSON.stringify({ ...told, id }),
      });
      if (answer.status < 500) this.unsettled.delete(what);
      wrong = answer.ok ? "" : await answer.text();
    } catch {
      // Nobody there, or gone before the answer.
    }
    this.on.trouble(wrong);
    return !wrong;
  }
}
