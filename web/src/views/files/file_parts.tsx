import type { ComponentChildren } from "preact";
import { kindText, nameParts } from "../../lib/file_words";

/** A few letters in the shape of a sheet. Silent: the name stands beside it. */
export function Kind({ name, type }: { name: string; type: string }) {
  return <span class="kind" aria-hidden="true">{kindText(name, type)}</span>;
}

/** A name whose ending is seen however little room there is. */
export function FileName({ name }: { name: string }) {
  const [start, end] = nameParts(name);
  return (
    <span class="file-name" title={name}>
      <span>{start}</span>
      {end && <span>{end}</span>}
    </span>
  );
}

/** Name and what stands below it. */
export function FileWords({ name, children }: { name: ComponentChildren; children: ComponentChildren }) {
  return (
    <span class="file-words">
      {name}
      <span class="quiet">{children}</span>
    </span>
  );
}
