import type { VNode } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { ScrollKeeper } from "../lib/scroll_keeper";
import { navigate, route } from "../lib/router";
import { isUp, me, messages, rooms } from "../state/app";
import { calledWords } from "../state/direct";
import { lastOffset } from "../state/log";
import { outbox } from "../state/outbox";
import { openRuns } from "../state/open_runs";
import { buildRows } from "../state/rows";
import { editing, endWanted } from "../state/compose";
import { lookAt } from "../actions/reading";
import { loadNewer, loadOlder, loadWhatIsNew } from "../actions/room_load";
import { RoomStart } from "./welcome";
import { onLogKey } from "./log_keys";
import { drawRow, type Drawn } from "./log_rows";
import { ToEnd } from "./to_end";
import type { Room } from "../net/types";

const HIGHLIGHT_MS = 2000;
const NEAR_PX = 600;

/** The row under the pointer and the row that has the focus. */
function useCurrent() {
  const [hovered, setHovered] = useState("");
  const [focused, setFocused] = useState("");
  const keyOf = (target: EventTarget | null) =>
    (target as Element | null)?.closest?.<HTMLElement>("article[data-row]")?.dataset.row ?? "";
  return {
    hovered,
    focused,
    handlers: {
      onPointerOver: (e: PointerEvent) => e.pointerType === "mouse" && setHovered(keyOf(e.target)),
      onPointerLeave: () => setHovered(""),
      onFocusIn: (e: FocusEvent) => setFocused(keyOf(e.target)),
      /* from a message to what can be done with it the row stays as it is */
      onFocusOut: (e: FocusEvent) => setFocused(keyOf(e.relatedTarget)),
    },
  };
}

/** Until what was loaded has been painted: history is no addition that would be read out. */
function useBusy(loading: boolean): boolean {
  const [busy, setBusy] = useState(true);
  useEffect(() => {
    if (loading) return setBusy(true);
    const frame = requestAnimationFrame(() => setBusy(false));
    return () => cancelAnimationFrame(frame);
  }, [loading]);
  return loading || busy;
}

/** The messages of a room, oldest first, kept at the end or at the place where they are read. */
export function Log({ room }: { room: Room }) {
  const id = room.id;
  const log = messages(id).value;
  const box = useRef<HTMLDivElement>(null);
  const column = useRef<HTMLDivElement>(null);
  const keeper = useRef<ScrollKeeper | null>(null);
  const drawn = useRef(new Map<string, Drawn>());
  const placed = useRef(false);
  const [seen, setSeen] = useState({ following: true, last: 0, far: false });
  const [target, setTarget] = useState(0);
  const { hovered, focused, handlers } = useCurrent();
  const busy = useBusy(!log.loaded || log.loading !== "");
  const user = me.value;

  const rows = useMemo(
    () => (log.loaded ? buildRows({ log, sends: outbox.value, me: user?.id ?? "", open: openRuns.value }) : []),
    [log, outbox.value, openRuns.value, user?.id],
  );

  const look = () => {
    const k = keeper.current;
    const now = messages(id).peek();
    if (!k || !now.loaded || !placed.current) return;
    if (k.above < NEAR_PX && now.older) void loadOlder(id);
    if (k.below < NEAR_PX && now.newer) void loadNewer(id);
    const following = k.following && !now.newer;
    lookAt(id, following && !document.hidden);
    const far = now.newer || k.below > (box.current?.clientHeight ?? 0);
    const last = following ? now.top : undefined;
    setSeen((s) => {
      const next = { following, far, last: last ?? s.last };
      return next.following === s.following && next.far === s.far && next.last === s.last ? s : next;
    });
  };
  const lookRef = useRef(look);
  lookRef.current = look;

  useLayoutEffect(() => {
    if (!box.current || !column.current) return;
    const made = new ScrollKeeper(box.current, column.current, () => lookRef.current());
    keeper.current = made;
    const onShow = () => lookRef.current();
    document.addEventListener("visibilitychange", onShow);
    return () => {
      document.removeEventListener("visibilitychange", onShow);
      made.free();
      lookAt(id, false);
    };
  }, []);

  const toEnd = () => {
    if (messages(id).peek().newer) {
      if (route.peek().offset) navigate(`/room/${id}`, { replace: true });
      void loadWhatIsNew(id).then(() => keeper.current?.toEnd());
    } else keeper.current?.toEnd();
  };

  const wanted = route.value.offset;

  /* before it is painted: the first time at its place, then the place is kept */
  useLayoutEffect(() => {
    const k = keeper.current;
    if (!k || !log.loaded) return;
    if (placed.current) return k.settle();
    k.toEnd();
    const line = column.current?.querySelector(".new-line");
    const top = box.current?.getBoundingClientRect().top ?? 0;
    if (!wanted && line && line.getBoundingClientRect().top < top) k.show(line, 0.2);
    placed.current = true;
    setSeen((was) => ({ ...was, last: log.top }));
    lookRef.current();
  }, [rows]);

  useLayoutEffect(() => {
    if (endWanted.value > 0 && placed.current) toEnd();
  }, [endWanted.value]);

  /* a permalink: shown in the middle, tinted for a while */
  const there = wanted > 0 ? log.items.find((m) => m.offset === wanted) : undefined;
  useLayoutEffect(() => {
    if (!there) return;
    const inCard = there.run_id ? column.current?.querySelector(`#run-${there.run_id}`) : null;
    const row = column.current?.querySelector(`[data-offset="${wanted}"]`) ?? inCard;
    if (!row) return;
    keeper.current?.show(row, 0.35);
    setTarget(wanted);
    const timer = setTimeout(() => setTarget(0), HIGHLIGHT_MS);
    return () => clearTimeout(timer);
  }, [wanted, there?.id]);

  /* a row that has the focus may grow: what can be done with it stands below it where there is no room beside */
  useLayoutEffect(() => keeper.current?.showFocused(), [focused]);

  useEffect(() => lookRef.current(), [log, isUp.value, rooms.value.get(id)?.unread, rooms.value.get(id)?.mentions]);

  const edited = editing.value.get(id)?.id ?? "";
  const kept = new Map<string, Drawn>();
  const shown: VNode[] = rows.map((row) => {
    const current = row.key === hovered || row.key === focused;
    const one = drawRow(row, { log, me: user ?? null, current, editing: edited, target }, drawn.current.get(row.key));
    kept.set(row.key, one);
    return one.node;
  });
  drawn.current = kept;
  const fresh = log.items.filter((m) => m.offset > seen.last && m.author.id !== user?.id);

  /* read further up while new ones come in: the line marks where they begin */
  const unseen = !seen.following && fresh.length > 0 && log.new_after < 0;
  useEffect(() => {
    const now = messages(id);
    if (unseen && now.peek().new_after < 0) now.value = { ...now.peek(), new_after: seen.last };
  }, [unseen]);

  return (
    <>
      <div
        class="log"
        id="log"
        role="log"
        ref={box}
        aria-relevant="additions"
        aria-label={`Messages in ${calledWords(room)}`}
        aria-busy={busy}
        tabIndex={0}
        onKeyDown={(e) => onLogKey(e, log, toEnd)}
        {...handlers}
      >
        <div class="column" ref={column}>
          {log.loaded && !log.older && <RoomStart room={room} trimmed={log.trimmed} />}
          {log.older && <p class="log-note">{log.loading === "older" ? "Loading older messages…" : "\u00a0"}</p>}
          {shown}
        </div>
      </div>
      <ToEnd
        count={seen.following ? 0 : fresh.length}
        names={fresh.map((m) => m.author.display)}
        far={seen.far && log.loaded && lastOffset(log) > 0}
        onClick={toEnd}
      />
    </>
  );
}
