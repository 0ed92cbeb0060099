/** Messages that no service handles any more: why, what they say, and what to do with them. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { statusQuery } from "../../api/queries.ts";
import { useParams } from "../../hooks/useParams.ts";
import { plural } from "../../lib/format.ts";
import { Pager } from "../../ui/Pager.tsx";
import { Answer, Empty, Panel } from "../../ui/Panel.tsx";
import { SearchField } from "../../ui/SearchField.tsx";
import { type Choice, Select } from "../../ui/Select.tsx";
import { ActDialog } from "./ActDialog.tsx";
import { AGES, deadLettersQuery, filterOf, PAGE, type Verb, type Wish } from "./letters.ts";
import { LetterTable } from "./LetterTable.tsx";
import { Unlock } from "./Unlock.tsx";

export function DeadLetters() {
  return (
    <Panel title="Dead letters" hint="Messages that no service handles any more, the oldest first.">
      <Unlock what="dead letters">
        <List />
      </Unlock>
    </Panel>
  );
}

function List() {
  const [params, update] = useParams();
  const [wanted, setWanted] = useState<{ verb: Verb; wish: Wish } | null>(null);
  const filter = filterOf(params);
  const page = Number(params.get("page") ?? 1);
  const letters = useQuery({ ...deadLettersQuery(filter, page), placeholderData: keepPreviousData });
  const ask = (verb: Verb, wish: Wish) => setWanted({ verb, wish });
  const isFiltered = Object.keys(filter).length > 0;
  return (
    <>
      <Filters />
      <Answer query={letters} what="the dead letters" lines={4}>
        {({ total, data }) =>
          total === 0 ? (
            <Empty title={isFiltered ? "No dead letter fits." : "There are no dead letters."} />
          ) : (
            <>
              <LetterTable letters={data} ask={ask} />
              <div className="mt-4 flex flex-wrap items-center justify-between gap-3">
                <p className="text-muted text-sm">{plural(total, "dead letter")}</p>
                <div className="flex flex-wrap gap-2">
                  <button type="button" className="button" onClick={() => ask("replay", filter)}>
                    Replay {isFiltered ? "all that fit" : "all"} …
                  </button>
                  <button type="button" className="button" onClick={() => ask("drop", filter)}>
                    Drop {isFiltered ? "all that fit" : "all"} …
                  </button>
                </div>
              </div>
              <Pager
                label="the dead letters"
                page={page}
                size={PAGE}
                total={total}
                go={(next) => update({ page: next === 1 ? null : String(next) })}
              />
            </>
          )
        }
      </Answer>
      {wanted && <ActDialog {...wanted} onClose={() => setWanted(null)} />}
    </>
  );
}

const SERVICES: Choice[] = [
  ["ingester", "ingester"],
  ["watcher", "watcher"],
];

function Filters() {
  const [params, update] = useParams();
  const status = useQuery(statusQuery());
  const set = (name: string) => (value: string) => update({ [name]: value, page: null }, { replace: true });
  const datasets = (status.data?.datasets ?? []).map((each): Choice => [each, each]);
  return (
    <div className="mb-3 flex flex-wrap gap-2.5">
      <SearchField label="Search dead letters" value={params.get("q") ?? ""} onSearch={set("q")} />
      <SearchField label="Kind" value={params.get("kind") ?? ""} onSearch={set("kind")} />
      <Select
        label="Service"
        any="Any service"
        value={params.get("service") ?? ""}
        options={SERVICES}
        onPick={set("service")}
      />
      <Select
        label="Dataset of the dead letters"
        any="All datasets"
        value={params.get("dataset") ?? ""}
        options={datasets}
        onPick={set("dataset")}
      />
      <Select
        label="Age"
        any="Of any age"
        value={params.get("older") ?? ""}
        options={AGES}
        onPick={set("older")}
      />
    </div>
  );
}
