/** What the history shows: part of a name, a status, who asked, a dataset. All of it is in the address. */
import { useQuery } from "@tanstack/react-query";

import { statusQuery } from "../../api/queries.ts";
import type { useParams } from "../../hooks/useParams.ts";
import { shortDataset } from "../../lib/format.ts";
import { SearchField } from "../../ui/SearchField.tsx";
import { Select } from "../../ui/Select.tsx";
import { STATUSES } from "./history.ts";

interface FiltersProps {
  params: URLSearchParams;
  update: ReturnType<typeof useParams>[1];
}

export function Filters({ params, update }: FiltersProps) {
  const status = useQuery(statusQuery());
  const set = (name: string) => (value: string) => update({ [name]: value, page: null }, { replace: true });
  const dataset = params.get("dataset") ?? "";
  const datasets = [...new Set([...(status.data?.datasets ?? []), ...(dataset ? [dataset] : [])])];
  const choice = (name: string) => ({ value: params.get(name) ?? "", onPick: set(name) });
  return (
    <div className="mb-3 flex flex-wrap gap-2.5">
      <SearchField label="Search the runs" value={params.get("q") ?? ""} onSearch={set("q")} />
      <Select
        label="Status"
        any="Any status"
        {...choice("status")}
        options={STATUSES.map((each) => [each, each])}
      />
      <Select
        label="Triggered"
        any="Triggered either way"
        {...choice("auto")}
        options={[
          ["true", "Auto-triggered"],
          ["false", "By hand"],
        ]}
      />
      <Select
        label="Dataset of the runs"
        any="All datasets"
        {...choice("dataset")}
        options={datasets.map((each) => [each, shortDataset(each)])}
      />
    </div>
  );
}
