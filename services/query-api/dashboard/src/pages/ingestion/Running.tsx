/** Ingestions that run right now. */
import { plural, shortDataset } from "../../lib/format.ts";
import { useLive } from "../../live/store.ts";
import { ProgressBar } from "../../ui/Bar.tsx";
import { Panel } from "../../ui/Panel.tsx";

export function Running() {
  const running = useLive((state) => state.running);
  return (
    <Panel title="Running now" hint={running.length ? plural(running.length, "ingestion") : undefined}>
      {running.length === 0 && (
        <p className="text-muted text-sm">Nothing is being ingested. What starts shows up here at once.</p>
      )}
      <ul className="space-y-4">
        {running.map((each) => (
          <li key={each.run_id} data-testid="running">
            <div className="mb-1.5 flex flex-wrap items-baseline justify-between gap-x-4 text-sm">
              <span>
                <strong className="font-semibold">{each.model}</strong>{" "}
                <span className="text-muted">{shortDataset(each.dataset)}</span>
              </span>
              <span className="text-muted">
                {each.done} of {each.total} files
              </span>
            </div>
            <ProgressBar
              done={each.done}
              total={each.total}
              label={`${each.model}: ${each.done} of ${each.total} files`}
            />
          </li>
        ))}
      </ul>
    </Panel>
  );
}
