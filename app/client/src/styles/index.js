// The order is the cascade: values, ground rules, parts, pages, print last.
import "./tokens.css";
import "./base.css";
import "./frame.css";
import "./parts.css";
import "./inbox.css";
import "./task.css";
import "./case.css";
import "./work.css";
import "./sign-in.css";
import "./forms.css";
import "./people.css";
import "./calendar.css";
import "./boards.css";
import "./library.css";
import "./articles.css";
import "./trace.css";
import "./print.css";
