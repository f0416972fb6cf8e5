import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";

/** A component that comes in a chunk of its own, when it is first shown. If the chunk does not come (the server
 * has a newer page), it says so and offers the way out. */
export function lazy<P extends object>(load: () => Promise<ComponentType<P>>): ComponentType<P> {
  let ready: ComponentType<P> | null = null;
  return function Lazy(props: P) {
    const [state, setState] = useState<"" | "ready" | "failed">(ready ? "ready" : "");
    useEffect(() => {
      if (ready) return;
      load()
        .then((component) => {
          ready = component;
          setState("ready");
        })
        .catch(() => setState("failed"));
    }, []);
    if (ready) {
      const Ready = ready;
      return <Ready {...props} />;
    }
    return (
      <main class="stage">
        {state === "failed" && (
          <div class="blank" role="alert">
            <p>This part of the page did not come. The server may be newer than the page.</p>
            <button class="button" type="button" onClick={() => location.reload()}>
              Reload, drafts stay
            </button>
          </div>
        )}
      </main>
    );
  };
}
