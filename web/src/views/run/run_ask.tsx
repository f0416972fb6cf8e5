import { serverNow } from "../../state/app";
import type { ToolCall } from "../../state/runs";
import { elapsed } from "../../lib/time_text";
import { useSecond } from "./use_second";

export type Decide = (execution_id: string, allowed: boolean) => void;

/** What will happen, to whom, and until when it can be answered. Buttons only for those who may; they never take focus. */
export function RunAsk({ call, agent, onDecide }: { call: ToolCall; agent: string; onDecide?: Decide | undefined }) {
  useSecond(call.until > 0);
  const left = Math.max(0, call.until - serverNow());
  return (
    <div class="ask" role="group" aria-label={`Approve ${call.tool}?`}>
      {call.effect || `${agent} wants to use ${call.tool}.`}
      <div class="row">
        {onDecide && (
          <>
            <button class="button small main" type="button" onClick={() => onDecide(call.id, true)}>
              Allow once
            </button>
            <button class="button small" type="button" onClick={() => onDecide(call.id, false)}>
              Don’t allow
            </button>
          </>
        )}
        {call.until > 0 && <span class="quiet">Ends in {elapsed(left)} as “not allowed”</span>}
      </div>
    </div>
  );
}
