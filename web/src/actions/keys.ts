import { currentRoomId, me, rooms } from "../state/app";
import { openDialog } from "../state/dialog";
import { inOrder, neighbour, sections } from "../state/rooms";
import { unreadShown } from "../state/unread_shown";
import { detailsShown, showDetails } from "../state/panes";
import { roomy } from "../lib/media";
import { navigate, route } from "../lib/router";

/** Keys that hold everywhere in the page. Returns the end of it. */
const REGIONS = ["nav.rooms .room-list", "main header .tool", "#log", "#composer textarea", "aside.details"];

export function watchKeys(): () => void {
  const onKey = (event: KeyboardEvent) => {
    if (event.defaultPrevented || event.isComposing || document.querySelector("dialog[open]")) return;
    const ctrl = event.ctrlKey || event.metaKey;
    if (event.altKey && !ctrl && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
      event.preventDefault();
      stepRoom(event.key === "ArrowUp" ? -1 : 1, event.shiftKey);
    } else if (ctrl && event.shiftKey && event.key.toLowerCase() === "f") {
      event.preventDefault();
      navigate(searchPath());
    } else if (ctrl && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "k" && me.peek()) {
      event.preventDefault();
      openDialog("find-room");
    } else if (ctrl && !event.altKey && event.key === "/" && me.peek()) {
      event.preventDefault();
      openDialog("keys");
    } else if (event.key === "Escape" && detailsShown.peek() && !roomy.peek()) {
      event.preventDefault();
      showDetails(false);
    } else if (event.key === "F6") {
      event.preventDefault();
      stepRegion(event.shiftKey ? -1 : 1);
    }
  };
  addEventListener("keydown", onKey);
  return () => removeEventListener("keydown", onKey);
}

export function searchPath(): string {
  const room = currentRoomId.peek() || route.peek().query.get("room");
  return room ? `/search?room=${room}` : "/search";
}

function stepRoom(step: 1 | -1, unreadOnly: boolean): void {
  const shown = inOrder(sections(rooms.peek(), unreadShown.peek()));
  const next = neighbour(shown, currentRoomId.peek(), step, unreadOnly);
  if (next) navigate(`/room/${next.id}`);
}

function focusIn(selector: string): boolean {
  const found = document.querySelector<HTMLElement>(selector);
  if (!found || found.offsetParent === null) return false;
  const inside = found.querySelector<HTMLElement>('a[tabindex="0"], button, [tabindex="0"]');
  const target = found.matches("button, a, textarea, [tabindex]") ? found : inside;
  target?.focus();
  return !!target;
}

function stepRegion(step: 1 | -1): void {
  const now = REGIONS.findIndex((selector) => {
    const region = document.querySelector(selector)?.closest("nav, header, #log, form, aside");
    return region?.contains(document.activeElement);
  });
  for (let i = 1; i <= REGIONS.length; i++) {
    const at = (now + step * i + REGIONS.length * 2) % REGIONS.length;
    if (focusIn(REGIONS[at]!)) return;
  }
}
