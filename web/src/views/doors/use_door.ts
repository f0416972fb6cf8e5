import { useState } from "preact/hooks";
import { ApiError, errorWords } from "../../net/rpc";

/** What went wrong with a form: `words` about all of it, or about the one field the server named. */
export interface Trouble {
  words: string;
  field: string;
}

const NONE: Trouble = { words: "", field: "" };

/** Sends a form once at a time. `say` gives words for codes that mean something special at this door. */
export function useDoor(fields: readonly string[], say: (e: ApiError) => string | undefined) {
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState<Trouble>(NONE);

  const send = async (work: () => Promise<void>): Promise<boolean> => {
    if (busy) return false;
    setBusy(true);
    setTrouble(NONE);
    try {
      await work();
      return true;
    } catch (e) {
      const api = e instanceof ApiError ? e : undefined;
      const words = (api && say(api)) ?? errorWords(e);
      const field = api?.field && fields.includes(api.field) ? api.field : "";
      setTrouble({ words, field });
      return false;
    } finally {
      setBusy(false);
    }
  };
  const bad = (field: string): string => (trouble.field === field ? trouble.words : "");
  return { busy, send, bad, setTrouble, notice: trouble.field ? "" : trouble.words };
}

export const PASSWORD_LEAST = 12;

/** Characters as people count them, not as UTF-16 does. */
export const characters = (text: string): number => Array.from(text).length;

/** "8 characters so far; 12 or more, any kind." */
export function passwordHint(password: string): string {
  const n = characters(password);
  if (n === 0) return "12 characters or more, any kind.";
  if (n >= PASSWORD_LEAST) return "Long enough.";
  return `${n} character${n === 1 ? "" : "s"} so far; 12 or more, any kind.`;
}
