import { useEffect, useState } from "preact/hooks";

/** A part of the page that comes in a chunk of its own, the first time that something wants it, and stays. The hook gives
 * it while it is wanted and there; refused: it did not come, since the server may be newer than the page. */
export function chunkOf<T>(load: () => Promise<T>): (wanted: unknown, refused: () => void) => T | null {
  let ready: T | null = null;
  return (wanted, refused) => {
    const [, setReady] = useState(!!ready);
    useEffect(() => {
      if (!wanted || ready) return;
      load()
        .then((part) => {
          ready = part;
          setReady(true);
        })
        .catch(refused);
    }, [wanted]);
    return wanted ? ready : null;
  };
}
