"""`python -m docs.pictures URL PASSWORD`: take the pictures of the docs from a running demo."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

HERE = Path(__file__).parent / "pictures"
WIDE, NARROW = (1440, 900), (390, 844)
STORY = "政策文件栏目"
LATE = "首页首屏错位"
DRILL = "卫健委门户"


def page_of(browser: Browser, url: str, size: tuple[int, int], user: str, password: str) -> Page:
    """Return a signed-in page of this size."""
    page = browser.new_context(viewport={"width": size[0], "height": size[1]}, locale="zh-CN").new_page()
    page.goto(f"{url}/sign-in")
    if user:
        page.fill("[name=user_name]", user)
        page.fill("[name=password]", password)
        page.click("form[action*='sign-in'] button[type=submit]")
        page.wait_for_load_state("networkidle")
    return page


def take(page: Page, name: str, *, whole: bool = False) -> None:
    """Write one picture, with few colours: docs are read over slow lines."""
    page.wait_for_timeout(900)
    page.screenshot(path=HERE / f"{name}.png", full_page=whole)
    print(name)


def main() -> None:
    """Take all pictures."""
    url, password = sys.argv[1:3]
    HERE.mkdir(exist_ok=True)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for size in (WIDE, NARROW):
            width = size[0]
            take(page_of(browser, url, size, "", ""), f"sign-in-{width}")
            page = page_of(browser, url, size, "dept", password)
            page.goto(f"{url}/inbox")
            take(page, f"inbox-{width}")
            page.click(f"a:has-text('{STORY}')")
            page.wait_for_load_state("networkidle")
            take(page, f"task-{width}")
            page.goto(f"{page.url.rstrip('/')}/print")
            take(page, f"print-{width}", whole=width == WIDE[0])
            page = page_of(browser, url, size, "supervisor", password)
            page.goto(f"{url}/search?q={LATE}")
            page.click(f"a:has-text('{LATE}')")
            page.wait_for_load_state("networkidle")
            take(page, f"case-{width}")
            page = page_of(browser, url, size, "director", password)
            page.goto(f"{url}/overview")
            take(page, f"overview-{width}", whole=width == WIDE[0])
            page = page_of(browser, url, size, "office", password)
            page.goto(f"{url}/contracts")
            page.click("main table a")
            page.wait_for_load_state("networkidle")
            take(page, f"administration-{width}")
            page = page_of(browser, url, size, "duty", password)
            page.goto(f"{url}/emergency/")
            page.click(f"a:has-text('{DRILL}')")
            page.wait_for_load_state("networkidle")
            take(page, f"command-{width}", whole=True)
        diagram(page_of(browser, url, (2000, 900), "owner", password), url)
        studio(page_of(browser, url, WIDE, "owner", password), url)
        browser.close()


def diagram(page: Page, url: str) -> None:
    """Take the diagram alone, wide enough to be read."""
    page.goto(f"{url}/search?q={LATE}")
    page.click(f"a:has-text('{LATE}')")
    page.wait_for_timeout(1500)
    page.locator(".djs-container").first.screenshot(path=HERE / "task_dispatch.png")
    print("task_dispatch")


def studio(page: Page, url: str) -> None:
    """Take the studio: a draft as a diagram and as a table with a step added, and how the first version is used."""
    page.goto(f"{url}/studio/processes/task_dispatch")
    page.click("form[action$='/drafts'] button:has-text('改这个流程')")
    page.wait_for_selector("[data-ready=true]")
    page.click("[data-element-id='requester_accept'] .djs-hit")
    take(page, "studio-diagram-1440")
    page.click("a:has-text('环节表')")
    page.locator("tr[data-id='demand'] [data-column='name']").focus()
    page.keyboard.press("Alt+Insert")
    page.keyboard.type("科室审核")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    take(page, "studio-steps-1440")
    page.goto(f"{url}/studio/processes/task_dispatch/versions/1")
    take(page, "studio-use-1440")


if __name__ == "__main__":
    main()
