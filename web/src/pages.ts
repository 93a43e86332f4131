/** The pages there are, in the order of the rail; a phone shows the first four and the rest behind "More". */
import type { Component } from "vue";

import type { IconName } from "./ui/icons";

export interface Page {
  name: string;
  path: string;
  icon: IconName;
  /** Pressed after `g`, it leads here. */
  key: string;
  component: () => Promise<Component>;
}

export const pages: Page[] = [
  { name: "Run", path: "/run", icon: "play", key: "r", component: () => import("./features/run/GalleryPage.vue") },
  { name: "Queue", path: "/admin/queue", icon: "queue", key: "q", component: () => import("./features/queue/QueuePage.vue") },
  { name: "History", path: "/admin/history", icon: "clock", key: "h", component: () => import("./features/history/HistoryPage.vue") },
  { name: "Assets", path: "/admin/assets", icon: "image", key: "a", component: () => import("./features/assets/AssetsPage.vue") },
  { name: "Workflows", path: "/admin/workflows", icon: "file", key: "f", component: () => import("./features/workflows/WorkflowsPage.vue") },
  { name: "Deployments", path: "/admin/deployments", icon: "stack", key: "d", component: () => import("./features/deployments/DeploymentsPage.vue") },
  { name: "Workers", path: "/admin/workers", icon: "chip", key: "w", component: () => import("./features/workers/WorkersPage.vue") },
  { name: "Webhooks", path: "/admin/webhooks", icon: "hook", key: "o", component: () => import("./features/webhooks/WebhooksPage.vue") },
  { name: "Keys", path: "/admin/keys", icon: "key", key: "k", component: () => import("./features/keys/KeysPage.vue") },
  { name: "Usage", path: "/admin/usage", icon: "chart", key: "u", component: () => import("./features/usage/UsagePage.vue") },
  { name: "API", path: "/admin/api", icon: "code", key: "i", component: () => import("./features/api/ApiPage.vue") },
  { name: "Settings", path: "/admin/settings", icon: "gear", key: "s", component: () => import("./features/settings/SettingsPage.vue") },
];
