import "./styles.css";

import { createApp } from "vue";

import { openStream } from "./api/stream";
import App from "./App.vue";
import { router } from "./router";
import { applyTheme } from "./shell/theme";

applyTheme();
openStream();
createApp(App).use(router).mount("#app");
