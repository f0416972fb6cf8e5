import { useState } from "preact/hooks";
import charts from "uplot/dist/uPlot.min.css" with { type: "text" };
import { Icon } from "../../lib/icons";
import { route } from "../../lib/router";
import { addSheet } from "../../lib/sheet";
import { adminPages } from "../../state/admin_pages";
import { me, place } from "../../state/app";
import sheet from "../../styles/admin.css" with { type: "text" };
import { AdminFoot } from "./admin_foot";
import { ConnectionsPage } from "./connections_page";
import { MessagesPage } from "./messages_page";
import { MetricsPage } from "./metrics_page";
import { PeoplePage } from "./people_page";

addSheet(charts + sheet);

/** Administration has its own list at the left. On a narrow page the list is a page of its own. */
export function AdminPage() {
  const [listOpen, setListOpen] = useState(false);
  const page = route.value.page;
  const admin = me.value?.role === "admin";
  return (
    <div class="house admin" data-page={listOpen ? "home" : page}>
      <nav class="rooms" id="rooms" aria-label="Administration">
        <div class="bar">
          <a class="place" href="/">
            <Icon name="back" />
            Back to {place.value?.name || "the rooms"}
          </a>
        </div>
        <div class="room-list">
          <section aria-labelledby="nav-server">
            <h2 id="nav-server">Server</h2>
            <ul>
              {adminPages(me.value).map(({ page: name, path, words }) => (
                <li key={path}>
                  <a class="room-link" href={path} aria-current={page === name ? "page" : undefined} onClick={() => setListOpen(false)}>
                    <span class="label">{words}</span>
                  </a>
                </li>
              ))}
            </ul>
          </section>
        </div>
        <AdminFoot />
      </nav>
      <main class="stage">
        <header class="bar narrow-only">
          <button class="back" type="button" aria-label="All admin pages" onClick={() => setListOpen(true)}>
            <Icon name="back" />
          </button>
          <b>Administration</b>
        </header>
        <div class="page">{page === "connections" ? <ConnectionsPage /> : admin ? <AdminSheet page={page} /> : me.value && <AdminsOnly page={page} />}</div>
      </main>
    </div>
  );
}

function AdminSheet({ page }: { page: string }) {
  switch (page) {
    case "people": return <PeoplePage />;
    case "messages": return <MessagesPage />;
    default: return <MetricsPage />;
  }
}

const ONLY: Record<string, [string, string]> = {
  people: ["People", "Only admins see everybody's accounts."],
  messages: ["Messages", "Only admins set how long messages are kept."],
  metrics: ["Metrics", "Only admins see the figures of the server."],
};

function AdminsOnly({ page }: { page: string }) {
  const [title, words] = ONLY[page] ?? ["", ""];
  return (
    <div class="sheet">
      <h1>{title}</h1>
      <p class="nothing">{words} <a href="/admin/connections">Your connections</a></p>
    </div>
  );
}
