/** The card of the latest model. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";

import type { ModelRow } from "../../api/client.ts";
import { modelQuery } from "../../api/queries.ts";
import { useDatasets } from "../../hooks/useDatasets.ts";
import type { useLatestHFModel } from "../../hooks/useLatestHFModel.ts";
import { bounds, money, percent, share } from "../../lib/format.ts";
import { NAME, short } from "../../lib/clip.ts";
import { setName } from "../../lib/names.ts";
import { keyOf, ranked, ranks } from "../../lib/rows.ts";
import { costPerTask, unranked } from "../../lib/standing.ts";
import { cells } from "../../lib/tasks.ts";
import { Ago } from "../../ui/Ago.tsx";
import { Dot } from "../../ui/Badge.tsx";
import { Name as ModelName } from "../../ui/Name.tsx";
import { Failure } from "../../ui/Panel.tsx";
import { Mosaic } from "./Mosaic.tsx";
import { Traced } from "./provenance/Traced.tsx";

// The card has this height before it is known what is in it, so that nothing below jumps.
const ROOM = "min-h-136 sm:min-h-113";
const BUTTON =
  "inline-flex h-11 items-center rounded-xl bg-white px-5 text-sm font-semibold text-black transition-colors hover:bg-white/85";

interface HeroProps {
  latest: ReturnType<typeof useLatestHFModel>;
  row: ModelRow | undefined;
  rows: readonly ModelRow[];
  selected: boolean;
  onUse: (row: { dataset: string; model: string }) => void;
}

export function Hero({ latest, row, rows, selected, onUse }: HeroProps) {
  if (latest.latest === undefined && latest.error) {
    return <Failure what="the latest model" query={latest} />;
  }
  if (latest.latest === undefined) {
    return (
      <div role="status" className={`hero ${ROOM}`}>
        <span className="sr-only">Loading the latest model</span>
      </div>
    );
  }
  if (latest.latest === null) {
    return (
      <section
        aria-label="Latest ingested model"
        className={`hero flex flex-col justify-center px-6 py-10 sm:px-8 ${ROOM}`}
      >
        <p className="text-3xl font-semibold tracking-tight">Nothing has been ingested yet.</p>
        <p className="mt-2 max-w-prose text-white/75">
          The first model shows up here by itself, the moment it lands.
        </p>
        <p className="mt-6">
          <Link href="/ingestion" className={BUTTON}>
            See when the next sync comes
          </Link>
        </p>
      </section>
    );
  }
  return <Card model={latest.latest} row={row} rows={rows} selected={selected} onUse={onUse} />;
}

type Latest = NonNullable<ReturnType<typeof useLatestHFModel>["latest"]>;

function Card({ model, row, rows, selected, onUse }: Omit<HeroProps, "latest"> & { model: Latest }) {
  const { tasksSubmitted, tasksTotal } = model;
  const figures = [
    ["Score", percent(model.score), `95%: ${bounds(model.scoreInterval)}`, "share"],
    ["Rank", row ? ranks(row) : "–", row ? rankText(rows, row) : "", null],
    [
      "Coverage",
      percent(share(tasksSubmitted, tasksTotal)),
      `${tasksSubmitted} of ${tasksTotal} tasks`,
      "file",
    ],
    [
      "Cost per task",
      money(row && costPerTask(row)),
      row ? `${money(row.totalCost)} over all ${row.tasksTotal} tasks` : "",
      "cost",
    ],
  ] as const;
  return (
    <section
      aria-label={`Latest ingested model: ${short(model.displayName, NAME)}`}
      data-testid="hero"
      className={`hero ${ROOM}`}
    >
      <div className="grid items-stretch gap-8 p-6 sm:p-8 lg:grid-cols-[minmax(0,1fr)_minmax(0,24rem)]">
        <div className="rise flex min-w-0 flex-col" key={`${keyOf(model)}/${model.landedAt}`}>
          <Name model={model} />
          <dl className="mt-auto grid grid-cols-2 gap-x-6 gap-y-4 pt-8 xl:grid-cols-4">
            {figures.map(([name, value, note, by]) => (
              <div key={name}>
                <dt className="text-xs font-semibold tracking-[0.08em] text-white/70 uppercase">{name}</dt>
                <dd className="mt-1 text-3xl font-semibold tracking-tight sm:text-4xl">
                  {by ? (
                    <Traced row={model} by={by}>
                      {value}
                    </Traced>
                  ) : (
                    value
                  )}
                </dd>
                <dd className="mt-1 min-h-[2lh] text-xs text-white/70">{note}</dd>
              </div>
            ))}
          </dl>
          <div className="mt-7">
            <button
              type="button"
              disabled={selected}
              className={`${BUTTON} disabled:bg-white/15 disabled:text-white`}
              onClick={() => onUse(model)}
            >
              {selected ? "✓ Shown below" : "Use this model"}
            </button>
          </div>
        </div>
        {row && <Art row={row} />}
      </div>
    </section>
  );
}

function Name({ model }: { model: Latest }) {
  const { nameOf } = useDatasets();
  return (
    // As high for a short name as for a long one: a landing moves nothing.
    <div className="min-h-47 sm:min-h-46">
      <p className="flex flex-wrap items-center gap-x-2.5 text-sm text-white/80">
        <Dot tone="good" alive />
        <span className="font-semibold text-white">Latest ingested model</span>
        <span aria-hidden="true" className="hidden sm:inline">
          ·
        </span>
        <Ago at={model.landedAt} />
      </p>
      <h2 className="mt-3 text-3xl leading-[1.08] font-semibold tracking-[-0.03em] line-clamp-2 break-words sm:text-5xl">
        <ModelName text={model.displayName} most={72} />
      </h2>
      <p className="mt-2.5 flex flex-wrap items-center gap-2 text-sm text-white/75">
        <span className="rounded-full border border-white/25 px-2.5 py-0.5 text-xs font-medium text-white">
          {nameOf(model)}
        </span>
        {model.publishedAt && (
          <span>
            uploaded <Ago at={model.publishedAt} />
          </span>
        )}
      </p>
    </div>
  );
}

function rankText(rows: readonly ModelRow[], row: ModelRow): string {
  if (row.rank === null) return unranked(row);
  return `of ${ranked(rows, row.source)} on ${setName(row.source)}`;
}

function Art({ row }: { row: ModelRow }) {
  const detail = useQuery(modelQuery(row.dataset, row.model));
  const found = detail.data ? cells(detail.data) : null;
  return (
    <div className="hidden items-center justify-end lg:flex">
      {found ? <Mosaic cells={found} /> : <div className="size-84" />}
    </div>
  );
}
