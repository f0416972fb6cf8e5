import { route } from "../../lib/router";
import { connection, place } from "../../state/app";
import { Door } from "./door";

interface Way {
  title: string;
  lead: string;
  action: "login" | "reload";
  label: string;
}

/** Why the server closed the line for good, and the way out. */
export function refusalWay(code: number, reason: string, most: number): Way {
  const login = { action: "login", label: "Log in" } as const;
  switch (code) {
    case 101:
    case 109:
    case 110:
    case 3500:
      return { title: "You have been logged out", lead: "Drafts are kept.", ...login };
    case 3503:
      return { title: "Logged out on another device", lead: "Drafts are kept.", ...login };
    case 3504:
      return {
        title: "Too many open windows",
        lead: `Close one of your ${most || 10}, then use this one.`,
        action: "reload",
        label: "Use this one",
      };
    case 3507:
      return { title: "You may not come in any more", lead: reason && reason !== "permission denied" ? reason : "An admin can say why.", ...login };
    default:
      return {
        title: "This page and the server do not understand each other",
        lead: `Drafts stay. The server said ${code}${reason ? `, ${reason}` : ""}.`,
        action: "reload",
        label: "Reload, drafts stay",
      };
  }
}

/** Its own page: the line is closed and will not open again by itself. */
export function RefusedPage() {
  const { code, reason } = connection.value;
  const way = refusalWay(code, reason, place.value?.limits.connections ?? 0);
  return (
    <Door title={way.title} lead={way.lead}>
      {way.action === "login" ? (
        <a class="button main" href={`/login?to=${encodeURIComponent(route.value.path)}`}>{way.label}</a>
      ) : (
        <button class="button main" type="button" onClick={() => location.reload()}>{way.label}</button>
      )}
    </Door>
  );
}
