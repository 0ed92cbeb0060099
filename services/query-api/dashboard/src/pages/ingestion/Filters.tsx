/** What the history shows: part of a name, a status, who asked, a dataset. All of it is in the address. */
import { useQuery } from "@tanstack/react-query";

import { statusQuery } from "../../api/queries.ts";
import { useParams } from "../../hooks/useParams.ts";
import { SearchField } from "../../ui/SearchField.tsx";
import { type Choice, Select } from "../../ui/Select.tsx";
import { STATUSES } from "./history.ts";

export function Filters() {
  const [params, update] = useParams();
  const status = useQuery(statusQuery());
  const set = (name: string) => (value: string) => update({ [name]: value, page: null }, { replace: true });
  const dataset = params.get("dataset");
  const datasets = new Set([...(status.data?.datasets ?? []), ...(dataset ? [dataset] : [])]);
  const how: Choice[] = [
    ["true", "Auto-triggered"],
    ["false", "By hand"],
  ];
  const selects: [name: string, label: string, any: string, options: Choice[]][] = [
    ["status", "Status", "Any status", STATUSES.map((each) => [each, each])],
    ["auto", "Triggered", "Triggered either way", how],
    ["dataset", "Dataset of the runs", "All datasets", Array.from(datasets, (each) => [each, each])],
  ];
  return (
    <div className="mb-3 flex flex-wrap gap-2.5">
      <SearchField label="Search the runs" value={params.get("q") ?? ""} onSearch={set("q")} />
      {selects.map(([name, label, any, options]) => (
        <Select
          key={name}
          label={label}
          any={any}
          value={params.get(name) ?? ""}
          options={options}
          onPick={set(name)}
        />
      ))}
    </div>
  );
}
