import { useEffect } from "preact/hooks";

/** Does `work` again and again while the page is visible; at once when it becomes visible again. */
export function usePoll(work: () => void, every_ms: number, on = true): void {
  useEffect(() => {
    if (!on) return;
    const turn = () => {
      if (document.visibilityState === "visible") work();
    };
    const timer = setInterval(turn, every_ms);
    document.addEventListener("visibilitychange", turn);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", turn);
    };
  }, [work, every_ms, on]);
}
