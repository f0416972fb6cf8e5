import type { ComponentChildren } from "preact";
import { Icon } from "../lib/icons";

/** A stage with nothing on it but a sentence and the way on. */
export function Blank({ title, words, children }: { title: string; words?: string; children?: ComponentChildren }) {
  return (
    <main class="stage" aria-labelledby="blank-title">
      <header class="bar">
        <a class="back" href="/" aria-label="Rooms">
          <Icon name="back" />
        </a>
      </header>
      <div class="blank">
        <h1 id="blank-title">{title}</h1>
        {words && <p>{words}</p>}
        <div class="row">{children}</div>
      </div>
    </main>
  );
}
