import { call } from "../net/rpc";
import type { Keep } from "../net/types";
import { place } from "../state/app";
import type { Preview, Wanted } from "../state/keeping";

export function keepChanged(keep: Keep): void {
  const now = place.peek();
  if (now) place.value = { ...now, keep };
}

/** What changeKeep with the same would delete. Both throw ApiError. */
export const previewKeep = (change: Partial<Wanted>): Promise<Preview> => call<Preview>("place.preview", change);

/** How long the place keeps messages; what is not given stays as it is. */
export async function changeKeep(change: Partial<Wanted>): Promise<void> {
  keepChanged((await call<{ keep: Keep }>("place.update", change)).keep);
}
