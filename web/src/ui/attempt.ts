/** Do something that may fail, and say so when it does. */
import { reason } from "@/api/client";

import { notify } from "./notices";

export async function attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    notify(reason(error), true);
    return undefined;
  }
}
