import { signal } from "./store";

/** The one dialog that is open, or none. Anything may open one; <Dialogs/> draws it. */
export type DialogName = "new-room" | "new-message" | "find-room" | "invite" | "room" | "settings" | "called" | "password" | "delete" | "erase" | "reset" | "why" | "keep-less" | "leave" | "keys";

export const dialog = signal<DialogName | "">("");

export const openDialog = (name: DialogName): void => void (dialog.value = name);
export const closeDialog = (): void => void (dialog.value = "");
