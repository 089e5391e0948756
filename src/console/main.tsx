/** The console's beginning: takes a sign-in link's token out of the address at once, then shows the page. */
import { render } from "preact";
import "./style/tokens.css";
import "./style/base.css";
import "./style/shell.css";
import "./style/parts.css";
import "./style/screens.css";
import "./style/browse.css";
import "./style/toolbar.css";
import "./style/details.css";
import "./style/forms.css";
import "./upload/upload.css";
import { signInToken } from "./routes.ts";
import { Shell } from "./shell.tsx";
import "./theme.ts";

const token = signInToken(location.hash);
if (token !== undefined) history.replaceState(null, "", location.pathname);

const root = document.getElementById("console");
if (root !== null) render(<Shell token={token} />, root);
