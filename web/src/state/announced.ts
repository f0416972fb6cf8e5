import { signal } from "@preact/signals";
import type { Announcement } from "../net/types";

/** What an admin told everybody last, until it is closed; it is kept nowhere else. */
export const announced = signal<Announcement | null>(null);
