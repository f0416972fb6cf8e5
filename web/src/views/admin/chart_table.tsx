import { exact, iso } from "../../lib/time_text";
import type { ChartData } from "./chart_data";

/** The figures of a chart in a table, newest first. */
export function ChartTable({ data }: { data: ChartData }) {
  const { spec, times, values } = data;
  const id = `table-${spec.title.toLowerCase().replace(/\W+/g, "-")}`;
  return (
    <div class="part">
      <h2 id={id}>{spec.title}</h2>
      <div class="table-wrap tall" tabIndex={0} role="region" aria-labelledby={id}>
        <table>
          <thead>
            <tr>
              <th scope="col">Until</th>
              {spec.lines.map((line) => <th scope="col" class="r" key={line.name}>{line.label ?? spec.title}</th>)}
            </tr>
          </thead>
          <tbody>
            {[...times.keys()].reverse().map((i) => (
              <tr key={times[i]}>
                <td><time dateTime={iso(times[i]!)} title={exact(times[i]!)}>{data.tick(times[i]!)}</time></td>
                {values.map((line, n) => <td class="r" key={n}>{cell(data, line[i])}</td>)}
              </tr>
            ))}
          </tbody>
        </table>
        {times.length === 0 && <p class="nothing">No samples yet.</p>}
      </div>
    </div>
  );
}

function cell({ spec }: ChartData, value: number | null | undefined): string {
  return value === null || value === undefined ? "—" : spec.words(value).join(" ").trim();
}
