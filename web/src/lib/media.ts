import { signal, type Signal } from "@preact/signals";

/** A media query as a signal. */
function watch(query: string): Signal<boolean> {
  if (typeof matchMedia === "undefined") return signal(true);
  const list = matchMedia(query);
  const now = signal(list.matches);
  list.addEventListener("change", () => (now.value = list.matches));
  return now;
}

/** Room list and room side by side. */
export const wide = watch("(min-width: 700px)");
/** Room for the details beside the messages. */
export const roomy = watch("(min-width: 1200px)");
export const coarse = watch("(pointer: coarse)");
