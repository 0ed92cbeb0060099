/** The leaderboard: every submission, as a plot, as a table, and in the order in which they landed. */
import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";

import type { ModelRow } from "../../api/client.ts";
import { modelsQuery } from "../../api/queries.ts";
import { useParams } from "../../hooks/useParams.ts";
import { family } from "../../lib/family.ts";
import { plural, setName } from "../../lib/format.ts";
import { keyOf, named, newestOf } from "../../lib/rows.ts";
import { Answer, Empty, Panel } from "../../ui/Panel.tsx";
import { SearchField } from "../../ui/SearchField.tsx";
import { Scatter } from "./Scatter.tsx";
import { Table } from "./Table.tsx";
import { Timeline } from "./Timeline.tsx";

const NONE: readonly ModelRow[] = [];

export default function ModelsPage() {
  const models = useQuery(modelsQuery());
  const [params, update] = useParams();
  const rows = models.data?.data ?? NONE;
  const newest = newestOf(rows);
  const datasets = useMemo(() => datasetsOf(rows), [rows]);
  const dataset = params.get("dataset") ?? "";
  const chosen = params.get("family") ?? "";
  const within = rows.filter((row) => !dataset || row.dataset === dataset);
  const families = [...Map.groupBy(within, (row) => family(row.model))].sort(([one], [other]) =>
    one.localeCompare(other),
  );
  const shown = named(
    within.filter((row) => !chosen || family(row.model) === chosen),
    params.get("q") ?? "",
  );

  useEffect(() => {
    document.title = "Leaderboard · arcwatch";
  }, []);

  return (
    <div className="space-y-5">
      <header className="flex flex-wrap items-end justify-between gap-4 pt-2">
        <div>
          <h1 className="text-3xl font-semibold tracking-[-0.02em]">Leaderboard</h1>
          <p className="text-muted mt-1 text-sm">
            {plural(shown.length, "submission")}, scored over every task of the set: leaving tasks out raises
            nothing.
          </p>
        </div>
        <div className="flex max-w-full flex-wrap gap-3">
          <div>
            <span aria-hidden="true" className="label mb-1.5 block">
              Name
            </span>
            <SearchField
              label="Search the models"
              value={params.get("q") ?? ""}
              onSearch={(q) => update({ q }, { replace: true })}
            />
          </div>
          <label className="max-w-full min-w-0">
            <span className="label mb-1.5 block">Dataset</span>
            <select
              className="field max-w-full"
              value={dataset}
              onChange={(event) => update({ dataset: event.target.value, family: null })}
            >
              <option value="">All datasets</option>
              {datasets.map(([name, source]) => (
                <option key={name} value={name}>
                  {setName(source)} · {name}
                </option>
              ))}
            </select>
          </label>
          <label>
            <span className="label mb-1.5 block">Family</span>
            <select
              className="field"
              value={chosen}
              onChange={(event) => update({ family: event.target.value })}
            >
              <option value="">All families</option>
              {families.map(([name, members]) => (
                <option key={name} value={name}>
                  {name} ({members.length})
                </option>
              ))}
            </select>
          </label>
        </div>
      </header>
      <Answer query={models} what="the models" lines={10}>
        {() =>
          shown.length ? (
            <Board rows={shown} latest={newest ? keyOf(newest) : ""} />
          ) : rows.length ? (
            <Empty title="No submission fits.">The filters above leave nothing over.</Empty>
          ) : (
            <Empty title="Nothing here yet.">The first model shows up by itself when it lands.</Empty>
          )
        }
      </Answer>
    </div>
  );
}

function datasetsOf(rows: readonly ModelRow[]): [string, string][] {
  return [...new Map(rows.map((row) => [row.dataset, row.source]))].sort();
}

function Board({ rows, latest }: { rows: readonly ModelRow[]; latest: string }) {
  return (
    <>
      <Panel
        title="Score against cost"
        hint="Up is better, left is cheaper. Each line joins what nothing cheaper beats on its task set."
      >
        <Scatter rows={rows} latest={latest} />
      </Panel>
      <Panel title="Landings" hint="When each one was uploaded to the Hub.">
        <Timeline rows={rows} />
      </Panel>
      <Panel title="All submissions" hint="Pick a column's name to sort by it.">
        <Table rows={rows} latest={latest} />
      </Panel>
    </>
  );
}
