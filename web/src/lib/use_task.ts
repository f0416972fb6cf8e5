import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { errorWords } from "../net/errors";

type Work = () => Promise<void>;

/** Work that a view starts: one at a time, with words for what went wrong. `run` does its own work unless it is given
 * other; true when it went through. */
export function useTask(own?: Work) {
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState("");
  const run = async (work: Work | undefined = own): Promise<boolean> => {
    if (!work || busy) return false;
    setBusy(true);
    setTrouble("");
    try {
      await work();
      return true;
    } catch (e) {
      setTrouble(errorWords(e));
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { busy, trouble, run };
}

/** What the server says, asked for when the view is drawn first and again by `reload`. */
export function useAsked<T>(ask: () => Promise<T>, again: readonly unknown[] = []) {
  const [value, setValue] = useState<T | undefined>(undefined);
  const [trouble, setTrouble] = useState("");
  const turn = useRef(0);
  const reload = useCallback(async () => {
    const mine = ++turn.current;
    try {
      const answer = await ask();
      if (mine !== turn.current) return;
      setValue(() => answer);
      setTrouble("");
    } catch (e) {
      if (mine === turn.current) setTrouble(errorWords(e));
    }
  }, again);
  useEffect(() => {
    void reload();
    return () => void turn.current++;
  }, [reload]);
  return { value, trouble, reload };
}
