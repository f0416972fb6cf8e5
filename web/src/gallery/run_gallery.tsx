// A page of one run card for each recorded list of events, for the eye and for the tests; not part of the page that
// is served. Bundle it and load it in the page's own index.html in the place of its script.
import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Face } from "../lib/face";
import { clock } from "../lib/time_text";
import { me, members } from "../state/app";
import { applyRunEvent, runFromRow } from "../state/runs";
import type { RunModel } from "../state/runs";
import { RunCard } from "../views/run/run_card";
import { JONAS, MIRA, NOOK, RECORDED, TASK, recorded } from "./recorded_runs";
import type { Recorded } from "./recorded_runs";

const ROOM = "7";
const decisions: [string, boolean][] = [];

/** The run after its list, or after all but the last `less` of its events. */
function tell(name: Recorded, less = 0): RunModel {
  const all = recorded(name, Date.now() - 1000 * (9 + RECORDED.indexOf(name)));
  const list = all.slice(0, all.length - less);
  let run: RunModel | undefined;
  if (name === "resumed") {
    const first = list[0]!;
    run = runFromRow({
      id: first.event.run_id, room: ROOM, agent: NOOK, started_by: MIRA, text: TASK, state: "running",
      started: first.event.time, ended: 0, first_offset: first.offset, last_offset: first.offset, message_id: "",
    });
  }
  for (const { event, offset } of list) run = applyRunEvent(run, event, offset);
  return run!;
}

/** Seen going and then over: this one stays open. */
function SeenLive({ name }: { name: Recorded }) {
  const [less, setLess] = useState(1);
  useEffect(() => setLess(0), []);
  const run = tell(name, less);
  return <Card name={`${name}_live`} run={{ ...run, id: `${run.id}LIVE`, started: run.started - 60_000 }} />;
}

function Card({ name, run }: { name: string; run: RunModel }) {
  return (
    <section aria-label={name} data-recorded={name}>
      <article class="message first">
        <div class="margin"><Face user={NOOK} /></div>
        <div class="body">
          <header class="by"><b>Nook</b><span class="tag">agent</span><time>{clock(Date.now())}</time></header>
          <RunCard run={run} onDecide={(id, allowed) => decisions.push([id, allowed])} />
        </div>
      </article>
    </section>
  );
}

function Gallery() {
  return (
    <main class="page">
      <div class="sheet narrow">
        <h1>One run, every state</h1>
        {RECORDED.map((name) => <Card key={name} name={name} run={tell(name)} />)}
        <SeenLive name="completed" />
      </div>
    </main>
  );
}

me.value = { ...MIRA, active: true, created: 0 };
members(ROOM).value = [NOOK, MIRA, JONAS].map((user) => ({ user, role: "member", since: 0, here: true, seen: 0 }));
Object.assign(window, { decisions });
render(<Gallery />, document.getElementById("app")!);
