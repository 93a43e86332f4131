/** The deliveries that were loaded so far, newest first, and the targets that rest. */
import { shallowRef } from "vue";

import { fetchDeliveries, type Delivery, type DeliveryFilter, type RestingTarget } from "@/api/webhooks";
import { usePagedList } from "@/ui/paged-list";

const PAGE = 50;

export function useDeliveryList(filter: () => DeliveryFilter) {
  const resting = shallowRef<RestingTarget[]>([]);
  const { rows, ...list } = usePagedList<Delivery, number>(
    async (after) => {
      const page = await fetchDeliveries(filter(), after, PAGE);
      resting.value = page.resting;
      return { rows: page.deliveries, next: page.next };
    },
    (one) => one.at,
    (one) => `${one.status} ${one.attempts} ${one.next_at ?? ""}`,
  );
  return { deliveries: rows, resting, ...list };
}
