// Pictures of every page, light and dark, 1440, 390 and 320 px wide, to look at: SNUG_TEST_OUT/browser/page-*.png. Each
// is checked for what an eye would overlook: sideways scrolling, and what axe finds.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import {
  SIZES, box, connectedShown, endAll, fill, openEmptyPlace, openPage, openPlace, openWindow, overflow, picture, readAll, roomShown,
  stored, until, write,
} from "../support/browser.mjs";
import { bring, png } from "../support/files.mjs";
import { sql } from "../support/sqlite.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

let server, mira, jonas, priya, teo, ana;
const rooms = {};

/** A place that has been lived in. */
before(async () => {
  ({ server, people: [mira, jonas, priya, teo, ana] } = await openPlace(["Jonas Lindqvist", "Priya Nair", "Teo Alvarez", "Ana Duarte"]));
  const make = async (name, topic, more = {}) => {
    const { id } = await mira.call("room.create", { name, topic, ...more });
    for (const one of [jonas, priya, teo]) await mira.call("room.invite", { room: id, user: one.user.id });
    rooms[name] = id;
  };
  await make("releases", "What goes out, when, and how it went");
  await make("ops", "Is it up, and if not, why");
  await make("workshop", "");
  await make("design", "");
  await make("keys", "Who has which key", { private: true });
  await make("lunch", "");
  const talk = [
    [jonas, "Good morning. 0.4.2 is tagged. Before it goes out I’d like somebody other than me to try the upgrade on a copy of the real data."],
    [jonas, "This is all it should take:\n\n```sh\n# while the old server keeps running\nsnug backup \"before-0.4.2.db\" --data ./snug-data\nsnug check --data ./copy && snug serve --data ./copy --listen 127.0.0.1:8090\n```"],
    [priya, "Done, twice. Migration took **1.9 s** on 212,000 messages, and nothing was sent again when the clients came back."],
    [teo, "My phone lost the line in the tunnel and was back in a second. Nothing missing."],
  ];
  for (const [who, text] of talk) await fill(who, rooms.releases, [text]);
  const { messages } = await mira.call("message.list", { room: rooms.releases });
  const react = (who, nth, emoji) => who.call("reaction.add", { room: rooms.releases, id: messages[nth].id, emoji });
  for (const [who, nth, emoji] of [[jonas, 2, "🎉"], [mira, 2, "🎉"], [teo, 2, "👍"], [priya, 3, "🚀"]]) await react(who, nth, emoji);
  for (const one of [jonas, priya]) await mira.call("room.direct", { user: one.user.id });
  await readAll(mira, rooms.releases);
  await mira.call("room.prefer", { room: rooms.releases, favourite: true });
  await mira.call("room.prefer", { room: rooms.lunch, muted: true });
  await fill(jonas, rooms.ops, ["@mira the disk of the old machine is at 91 %", "@mira and the backup ran at six"]);
  await fill(teo, rooms.workshop, Array.from({ length: 14 }, (_, i) => `Shelf ${i + 1} is sorted`));
  await fill(ana, "1", ["Hello everybody, I am new here"]);
  await lived();
});
after(endAll);

/** An hour of samples and some closed lines, as the server would have written them. */
async function lived() {
  const now = Date.now();
  const lines = [];
  const wave = (i, low, high) => (low + (high - low) * (0.5 + 0.5 * Math.sin(i / 23) * Math.cos(i / 7))).toFixed(2);
  for (let i = 360; i > 1; i--) {
    const values = {
      connections: Math.round(wave(i, 4, 9)), messages: Math.round(wave(i, 0, 3)), ack_ms_p50: wave(i, 1.2, 1.9), ack_ms_p99: wave(i, 3, 7),
      commit_ms_p50: wave(i, 0.9, 1.4), commit_ms_p99: wave(i, 2, 5), rss_bytes: Math.round(wave(i, 11e6, 13e6)),
      outbox_max_bytes: Math.round(wave(i, 2e3, 160e3)),
    };
    for (const [name, value] of Object.entries(values)) lines.push(`(10, '${name}', ${now - i * 10_000}, ${value})`);
  }
  const closes = [
    [teo, 3008, "slow", "server", 900_000, 40, 1_048_000], [teo, 1006, "", "network", 1_500_000, 12, 900],
    [priya, 1001, "", "client", 4_000_000, 26_000, 3000], [jonas, 3001, "shutdown", "server", 7_200_000, 90_000, 12_000],
    [ana, 3012, "no pong", "server", 9_000_000, 60_000, 800], [jonas, 3503, "force disconnect", "server", 80_000_000, 5_000, 0],
  ];
  const rows = closes.map(([who, code, reason, by, ago, lasted, peak], i) => {
    const id = `00000000-0000-4000-8000-00000000000${i}`;
    const closed = now - ago;
    return `('${id}', ${who.user.id}, 'Firefox, Linux', '127.0.0.1', 'websocket', ${closed - lasted * 100}, ${closed}, ${code}, '${reason}', '${by}', ${peak})`;
  });
  await sql(
    server,
    `INSERT OR REPLACE INTO sample (step_s, name, time_ms, value) VALUES ${lines.join(",")};
     INSERT INTO connection (id, user_id, client, address, transport, since_ms, closed_ms, code, reason, closed_by, queue_peak_bytes)
     VALUES ${rows.join(",")};`,
  );
}

/** Bars of two runs, one behind the other. */
function bars(x, y) {
  const i = Math.floor(x * 26), height = 0.25 + 0.6 * Math.abs(Math.sin(i * 1.7) * Math.cos(i / 9));
  const inBar = (x * 26) % 1 > 0.25 && 1 - y < height;
  if (!inBar) return y > 0.985 || Math.abs(y % 0.25) < 0.006 ? [226, 221, 212] : [252, 251, 249];
  return i % 2 ? [152, 196, 182] : [27, 101, 83];
}

/** What axe finds on a page, in words. */
async function findings(page) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map((n) => n.target.join(" ")).slice(0, 3).join(", ")}`);
}

/** The page as it is, in every size and both themes. */
async function take(page, name, { sizes = ["wide", "phone", "least"] } = {}) {
  for (const size of sizes) {
    await page.setViewportSize(SIZES[size]);
    for (const theme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme: theme });
      await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
      await picture(page, `page-${name}-${SIZES[size].width}-${theme}`);
    }
    assert.ok((await overflow(page)) <= 0, `${name} scrolls sideways at ${SIZES[size].width} px`);
    if (size !== "least") assert.deepEqual(await findings(page), [], `${name} at ${SIZES[size].width} px`);
  }
  await page.setViewportSize(SIZES.wide);
  await page.emulateMedia({ colorScheme: "light" });
}

test("pictures of a room with a run", async () => {
  const context = await openWindow(mira, { url: server.url });
  const other = await openPage(await openWindow(jonas, { url: server.url }), `/room/${rooms.ops}`);
  await connectedShown(other);
  const page = await openPage(context, `/room/${rooms.releases}`);
  await roomShown(page, "releases");
  await write(page, "@nook find upgrade");
  await page.locator('#log .run[data-state="completed"]').waitFor();
  const files = [await bring(server, priya, "both-runs.png", png(468, 132, bars)), await bring(server, priya, "upgrade.log", Buffer.from("migrated\n".repeat(160)))];
  await priya.call("message.send", { room: rooms.releases, text: "Both runs, for the announcement. @mira ten o’clock?", key: "runs", files: files.map((one) => one.id) });
  await fill(jonas, rooms.releases, ["Ten is fine."]);
  await stored(page, "Ten is fine.").waitFor();
  await page.setViewportSize({ width: 1280, height: 800 });
  await until("read", async () => (await mira.call("room.list")).rooms.find((r) => r.id === rooms.releases).unread === 0);
  await picture(page, "readme");
  await box(page).fill("Snug 0.4.2: upgrades in place, and the search got a lot faster.");
  await priya.call("typing.start", { room: rooms.releases });
  await page.getByText(/Priya.* is writing/).waitFor();
  await take(page, "chat");
  await page.getByRole("button", { name: "Details", exact: true }).click(); // closed
  await page.setViewportSize(SIZES.phone);
  await page.getByRole("button", { name: "Details", exact: true }).click();
  await page.getByRole("complementary", { name: /^Details/ }).waitFor();
  await take(page, "details", { sizes: ["phone", "least"] });
  await context.close();
  await other.context().close();
});

test("pictures of the room list, the search and the dialogs", async () => {
  const context = await openWindow(mira, { url: server.url });
  const page = await openPage(context);
  await page.setViewportSize(SIZES.phone);
  await page.goto(`${server.url}/`);
  await page.getByRole("link", { name: /workshop/ }).waitFor();
  await connectedShown(page);
  await take(page, "rooms", { sizes: ["phone", "least"] });

  await page.goto(`${server.url}/search`);
  await page.getByRole("searchbox").fill("upgrade");
  await page.getByText(/found in/).waitFor();
  await take(page, "search");
  await page.getByRole("searchbox").fill("upgrade elephants");
  await page.getByText(/No message has both words/).waitFor();
  await take(page, "search-nothing", { sizes: ["wide"] });

  await page.goto(`${server.url}/room/${rooms.lunch}`);
  await roomShown(page, "lunch");
  await take(page, "new-room");
  for (const [name, button] of [["settings", "Settings and administration"], ["make-room", "New room"], ["find-room", "Find a room"]]) {
    await page.getByRole("button", { name: button, exact: true }).click();
    await page.getByRole("dialog").waitFor();
    await take(page, `dialog-${name}`);
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
  }
  await page.getByRole("button", { name: "Invite people", exact: true }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Make a link" }).click();
  await page.getByRole("dialog").getByText(/Shown only now/).waitFor();
  await take(page, "dialog-invite");
  await context.close();
});

test("pictures of the admin's pages", async () => {
  const context = await openWindow(mira, { url: server.url });
  const page = await openPage(context, "/admin/connections");
  await page.getByRole("table").nth(1).getByText(/3008/).waitFor();
  await take(page, "connections");
  await page.goto(`${server.url}/admin/metrics`);
  await page.getByRole("img", { name: /Commit/ }).waitFor();
  await page.locator(".charts[aria-busy=false]").waitFor();
  await page.getByRole("button", { name: "1 hour" }).click();
  await page.getByRole("button", { name: "1 hour", pressed: true }).waitFor();
  await page.locator(".charts[aria-busy=false]").waitFor();
  await take(page, "metrics");
  await page.getByRole("button", { name: "Show as tables" }).click();
  await page.getByRole("table").first().waitFor();
  await take(page, "metrics-tables");
  await page.goto(`${server.url}/admin/people`);
  await page.locator("tbody tr").nth(2).waitFor();
  await take(page, "people");
  await page.getByRole("button", { name: /^Erase Jonas/ }).click();
  await page.getByRole("dialog").waitFor();
  await take(page, "dialog-erase");
  await page.goto(`${server.url}/admin/messages`);
  await page.getByRole("combobox", { name: "Messages are kept" }).waitFor();
  await take(page, "messages");
  await context.close();
});

test("pictures of the doors", async () => {
  const empty = await openEmptyPlace();
  const first = await openPage(await openWindow(undefined, { url: empty.url }), new URL(empty.setup_url).pathname + new URL(empty.setup_url).hash);
  await first.getByLabel("What is the place called?").fill("Lantern");
  await first.getByLabel("Password").fill("too short");
  await first.getByLabel("Your name").fill("Mira Okafor");
  await take(first, "first-run");
  await first.getByLabel("Password").fill("correct horse battery");
  await first.keyboard.press("Enter");
  await roomShown(first, "general");
  await first.getByRole("button", { name: /Copy the invite link/ }).waitFor();
  await take(first, "welcome");
  await first.context().close();

  const page = await openPage(await openWindow(undefined, { url: server.url }), "/login");
  await page.getByRole("heading", { name: "Lantern" }).waitFor();
  await take(page, "login");
  await page.getByLabel("Name").fill("mira");
  await page.getByLabel("Password").fill("not the right one");
  await page.keyboard.press("Enter");
  await page.getByRole("alert").filter({ hasText: "do not go together" }).waitFor();
  await take(page, "login-wrong");
  await page.goto(`${server.url}/join#${server.invite_code}`);
  await page.getByRole("heading", { name: "Join Lantern" }).waitFor();
  await take(page, "join");
  await page.context().close();
});
