/** The Analytics Overview: the latest model, and any model looked at closely. */
import { useQuery } from "@tanstack/react-query";

import { modelsQuery } from "../../api/queries.ts";
import { useLatest } from "../../hooks/useLatest.ts";
import { useLatestUntilRead } from "../../hooks/useLatestUntilRead.ts";
import { useParams } from "../../hooks/useParams.ts";
import { useTitle } from "../../hooks/useTitle.ts";
import { asked, find, keyOf, ranked } from "../../lib/rows.ts";
import { useShownAs } from "../../nav/link.ts";
import { Answer, Empty } from "../../ui/Panel.tsx";
import { Comparison } from "./comparison/Comparison.tsx";
import { Hero } from "./Hero.tsx";
import { ModelView } from "./ModelView.tsx";
import { Pickers } from "./Pickers.tsx";
import { ProvenanceDialog } from "./provenance/ProvenanceDialog.tsx";
import { TaskDialog } from "./TaskDialog.tsx";

const EVERY_MS = 300_000;

export function OverviewPage() {
  const models = useQuery(modelsQuery());
  const latest = useLatest(EVERY_MS);
  const [params, update] = useParams();
  const rows = models.data?.data ?? [];
  const [dataset, model] = [params.get("dataset"), params.get("model")];
  const newest = latest.latest ? find(rows, keyOf(latest.latest)) : undefined;
  const { row: followed, isRead } = useLatestUntilRead(newest, rows);
  const selected = model ? asked(rows, dataset, model) : followed;
  const other = find(rows, params.get("compare"));
  const task = params.get("task");
  const from = params.get("from");
  useTitle(selected?.displayName);
  useShownAs(selected ? { dataset: selected.dataset, model: selected.model } : {});

  function select(row: { dataset: string; model: string }): void {
    update({ dataset: row.dataset, model: row.model, task: null, from: null, show: null, duel: null });
  }

  return (
    <div className="space-y-5">
      <h1 className="sr-only">Analytics Overview</h1>
      <Hero
        latest={latest}
        row={newest}
        rows={rows}
        selected={selected !== undefined && selected === newest}
        onUse={select}
      />
      <Answer query={models} what="the list of models" lines={8}>
        {() =>
          rows.length > 0 && (
            <>
              <Pickers
                rows={rows}
                latestKey={newest ? keyOf(newest) : null}
                selected={selected}
                other={other}
                onSelect={select}
                onCompare={(key) => update({ compare: key, duel: null })}
              />
              {!selected && <NotHere name={[dataset, model].filter(Boolean).join("/")} />}
              {selected && other && other !== selected && <Comparison first={selected} second={other} />}
              {selected && (
                <ModelView
                  key={keyOf(selected)}
                  row={selected}
                  of={ranked(rows, selected.source)}
                  follows={!model && !isRead}
                />
              )}
            </>
          )
        }
      </Answer>
      {selected && from && <ProvenanceDialog row={selected} from={from} />}
      {selected && task && <TaskDialog row={selected} task={task} />}
    </div>
  );
}

function NotHere({ name }: { name: string }) {
  return (
    <Empty title="This model is not here.">
      {name} was not ingested, or was renamed. Pick another one above.
    </Empty>
  );
}
