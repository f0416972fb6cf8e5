// event_source: EventSource over fetch, as much of it as the reference client uses: Node has none. It does not reconnect by
// itself, for the client closes it at the first error.
export function eventSource(headers = {}) {
  return class {
    #abort = new AbortController();

    constructor(url) {
      this.#run(url).catch((error) => this.#over(error));
    }

    close() {
      this.#abort.abort();
    }

    #over(error) {
      if (!this.#abort.signal.aborted) this.onerror?.(error);
    }

    async #run(url) {
      const response = await fetch(url, { headers: { Accept: "text/event-stream", ...headers }, signal: this.#abort.signal });
      const type = response.headers.get("content-type");
      if (response.status !== 200 || type !== "text/event-stream") throw new Error(`${response.status} ${type}`);
      this.onopen?.();
      let held = "";
      for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
        const events = (held + text).split("\n\n");
        held = events.pop();
        for (const event of events) {
          const lines = event.split("\n").filter((line) => line.startsWith("data:"));
          if (!this.#abort.signal.aborted) this.onmessage?.({ data: lines.map((line) => line.slice(5).replace(/^ /, "")).join("\n") });
        }
      }
      throw new Error("the stream ended");
    }
  };
}
