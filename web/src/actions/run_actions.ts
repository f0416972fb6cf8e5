import { call } from "../net/rpc";
import { whoId } from "../state/runs";
import type { RunModel } from "../state/runs";

/** errors: 400 if it is over already, which its own event says next: nothing to tell then. */
export async function stopRun(run: RunModel): Promise<void> {
  await call("run.stop", { run_id: run.id });
}

/** Asks the same once more, as a run of its own. */
export async function runAgain(run: RunModel): Promise<void> {
  await call("run.start", { room: run.room, agent: whoId(run.agent), text: run.task });
}
