//! Saving: a text as a file, a picture of the page as SVG and as PNG.

use super::format::px;
use js_sys::Array;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Blob, BlobPropertyBag, CanvasRenderingContext2d, CssStyleDeclaration, Element, HtmlAnchorElement,
    HtmlCanvasElement, HtmlImageElement, Url,
};

/// How long a file has until its address is taken back, in ms.
const KEPT_MS: u32 = 10_000;

/// How many dots of a PNG a px of the page has.
const DENSE: f64 = 2.0;

/// What of an element's look stands in a picture of its own.
const LOOK: [&str; 15] = [
    "fill",
    "fill-opacity",
    "stroke",
    "stroke-width",
    "stroke-dasharray",
    "stroke-linejoin",
    "stroke-opacity",
    "opacity",
    "paint-order",
    "font-family",
    "font-size",
    "font-weight",
    "text-anchor",
    "display",
    "visibility",
];

/// Whether the page is in a frame of which the browser says neither where it is from, nor that it may save files.
#[must_use]
pub fn boxed() -> bool {
    super::dom::window().origin() == "null"
}

/// Saves a text as a file.
///
/// # Errors
/// Whatever the browser throws.
pub fn text(name: &str, sort: &str, text: &str) -> Result<(), JsValue> {
    let bag = BlobPropertyBag::new();
    bag.set_type(sort);
    let parts = Array::of1(&JsValue::from_str(text));
    file(name, &Blob::new_with_str_sequence_and_options(&parts, &bag)?)
}

/// Saves a blob: by a link that is clicked, and whose address is taken back.
fn file(name: &str, blob: &Blob) -> Result<(), JsValue> {
    let address = Url::create_object_url_with_blob(blob)?;
    let link: HtmlAnchorElement = super::dom::document().create_element("a")?.dyn_into()?;
    link.set_href(&address);
    link.set_download(name);
    link.click();
    let revoke = move || drop(Url::revoke_object_url(&address));
    gloo::timers::callback::Timeout::new(KEPT_MS, revoke).forget();
    Ok(())
}

/// A picture of the page as an SVG that stands alone, as it looks now: light or dark, at the cursor.
///
/// # Errors
/// Whatever the browser throws.
pub fn svg(picture: &Element) -> Result<String, JsValue> {
    let document = super::dom::document();
    let alone = dressed(picture)?;
    let (width, height) = size(picture);
    let view = format!("-{ROUND} -{ROUND} {} {}", px(width), px(height));
    let named =
        [("xmlns", "http://www.w3.org/2000/svg"), ("width", &px(width)), ("height", &px(height)), ("viewBox", &view)];
    for (name, value) in named {
        alone.set_attribute(name, value)?;
    }
    let root = document.document_element();
    let paper = style(root.as_ref().unwrap_or(picture))?.get_property_value("--ds-surface")?;
    let mut ground = format!(
        r#"<rect x="-{ROUND}" y="-{ROUND}" width="{}" height="{}" fill="{}"/>"#,
        px(width),
        px(height),
        paper.trim()
    );
    // The pictures of the page share one hatch.
    let hatch = document.get_element_by_id("hatch").filter(|hatch| !picture.contains(Some(hatch)));
    if let Some(hatch) = hatch {
        ground += &format!("<defs>{}</defs>", dressed(&hatch)?.outer_html());
    }
    let text = alone.outer_html();
    Ok(match text.split_once('>') {
        Some((head, rest)) => format!("{head}>{ground}{rest}\n"),
        None => text,
    })
}

/// What is left free round a picture, in px.
const ROUND: u16 = 16;

/// The size of a picture with what is left free round it.
fn size(picture: &Element) -> (f64, f64) {
    let round = 2.0 * f64::from(ROUND);
    (f64::from(picture.client_width()) + round, f64::from(picture.client_height()) + round)
}

/// A copy of an element that looks as the element does now, without the stylesheet.
fn dressed(element: &Element) -> Result<Element, JsValue> {
    let copy: Element = element.clone_node_with_deep(true)?.dyn_into()?;
    let (from, to) = (element.query_selector_all("*")?, copy.query_selector_all("*")?);
    for at in 0..from.length() {
        if let (Some(from), Some(to)) = (from.item(at), to.item(at)) {
            look(from.unchecked_ref(), to.unchecked_ref())?;
        }
    }
    look(element, &copy)?;
    Ok(copy)
}

fn style(element: &Element) -> Result<CssStyleDeclaration, JsValue> {
    super::dom::window().get_computed_style(element)?.ok_or(JsValue::NULL)
}

/// Writes the look of an element on the page into its copy, as attributes.
fn look(from: &Element, to: &Element) -> Result<(), JsValue> {
    let style = style(from)?;
    for name in LOOK {
        let value = style.get_property_value(name)?;
        // A reference is to what stands in the same picture.
        let value = if value.contains('#') { value.replace('"', "") } else { value };
        to.set_attribute(name, &value)?;
    }
    for name in ["class", "aria-hidden", "tabindex"] {
        to.remove_attribute(name)?;
    }
    Ok(())
}

/// Saves a picture as PNG.
///
/// # Errors
/// Whatever the browser throws.
pub async fn png(name: String, picture: Element) -> Result<(), JsValue> {
    let (width, height) = size(&picture);
    let text = String::from(js_sys::encode_uri_component(&svg(&picture)?));
    let image = HtmlImageElement::new()?;
    image.set_src(&format!("data:image/svg+xml;charset=utf-8,{text}"));
    JsFuture::from(image.decode()).await?;
    let canvas: HtmlCanvasElement = super::dom::document().create_element("canvas")?.dyn_into()?;
    canvas.set_attribute("width", &px((width * DENSE).round()))?;
    canvas.set_attribute("height", &px((height * DENSE).round()))?;
    let context: CanvasRenderingContext2d = canvas.get_context("2d")?.ok_or(JsValue::NULL)?.dyn_into()?;
    context.draw_image_with_html_image_element_and_dw_and_dh(&image, 0.0, 0.0, width * DENSE, height * DENSE)?;
    let then = Closure::once_into_js(move |blob: JsValue| {
        if let Ok(blob) = blob.dyn_into::<Blob>() {
            // As for a text.
            drop(file(&name, &blob));
        }
    });
    canvas.to_blob(then.unchecked_ref())
}
