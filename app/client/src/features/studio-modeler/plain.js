const STYLE = /\sstyle="([^"]*)"/g;

/** Write the styles inside a drawing as attributes: the page's content policy takes no inline styles. */
export function withoutStyles(html) {
  return html ? html.replace(STYLE, (_whole, rules) => rules.split(";").map(attribute).join("")) : html;
}

function attribute(rule) {
  const [name, value] = rule.split(":");
  return value ? ` ${name.trim()}="${value.trim()}"` : "";
}
