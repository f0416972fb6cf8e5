import { useEffect, useState } from "preact/hooks";

/** Draws the caller again each second while `going`: for clocks that run. */
export function useSecond(going: boolean): void {
  const [, draw] = useState(0);
  useEffect(() => {
    if (!going) return;
    const timer = setInterval(() => draw((n) => n + 1), 1000);
    return () => clearInterval(timer);
  }, [going]);
}
