/** Ingestion: the schedule, what runs now, the Hub's folders, and every run so far. */
import { useTitle } from "../../hooks/useTitle.ts";
import { Banners } from "./Banners.tsx";
import { Folders } from "./Folders.tsx";
import { History } from "./History.tsx";
import { Running } from "./Running.tsx";
import { Schedule } from "./Schedule.tsx";

export default function IngestionPage() {
  useTitle("Ingestion");
  return (
    <div className="space-y-5">
      <h1 className="pt-2 text-3xl font-semibold tracking-[-0.02em]">Ingestion</h1>
      <Banners />
      <Schedule />
      <Running />
      <Folders />
      <History />
    </div>
  );
}
