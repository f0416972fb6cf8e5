/** The store is @preact/signals: a view that reads `x.value` is drawn again when x changes. */
export { signal, computed, effect, batch, untracked } from "@preact/signals";
export type { Signal, ReadonlySignal } from "@preact/signals";
