import { render } from "preact";
import { App } from "./app";
import { startApp } from "./actions/start";

startApp();
const root = document.getElementById("app");
if (root) render(<App />, root);
