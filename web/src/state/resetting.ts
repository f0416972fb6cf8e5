import type { User } from "../net/types";
import { signal } from "./store";

/** The person that the dialog "reset" asks about. */
export const resetting = signal<User | null>(null);
