import { isInside, me, rooms } from "../state/app";
import { badgeCount } from "../state/notices";
import { computed, effect } from "../state/store";
import { looking } from "../state/unread_shown";

/** The number on the icon of the installed page. Once. */
export function startBadge(): void {
  if (typeof navigator.setAppBadge !== "function") return;
  const count = computed(() => (isInside.value ? badgeCount(rooms.value, looking.value) : 0));
  effect(() => {
    const now = count.value;
    if (me.value === undefined) return; // not known yet: the number of before stays
    const done = now > 0 ? navigator.setAppBadge(now) : navigator.clearAppBadge();
    done.catch(() => {
      /* not allowed: the title says it too */
    });
  });
}
