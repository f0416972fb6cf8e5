import { computed, signal } from "./store";
import { detailsOpen, setDetailsOpen } from "../lib/settings";
import { roomy } from "../lib/media";

/** The details: beside the messages where there is room, and that choice is kept; elsewhere they lie over the
 * messages and begin closed. */
const over = signal(false);

export const detailsShown = computed(() => (roomy.value ? detailsOpen.value : over.value));

export function showDetails(open: boolean): void {
  if (roomy.peek()) setDetailsOpen(open);
  else over.value = open;
}

export const closeOverlay = (): void => void (over.value = false);
