//! What is asked of `MLflow`, as it is written in a URL. Pure.

/// Parameters of a URL, not yet escaped.
pub type Query = Vec<(&'static str, String)>;

/// Registered models, by name. The server hides prompts unless they are asked for.
#[must_use]
pub fn models_query(page: u32, token: Option<&str>) -> Query {
    with(vec![("max_results", page.to_string())], token)
}

/// Versions of all models, the newest first.
#[must_use]
pub fn newest_query(page: u32, token: Option<&str>) -> Query {
    let query = vec![
        ("max_results", page.to_string()),
        ("order_by", "creation_timestamp DESC".to_owned()),
    ];
    with(query, token)
}

/// Versions of one model, the newest first; none when its name cannot be written in a filter.
#[must_use]
pub fn versions_query(model: &str, page: u32, token: Option<&str>) -> Option<Query> {
    let query = vec![
        ("filter", named(model)?),
        ("max_results", page.to_string()),
        ("order_by", "version_number DESC".to_owned()),
    ];
    Some(with(query, token))
}

/// A filter for one name. The language has no escapes: a name with both quotes cannot be written.
#[must_use]
pub fn named(model: &str) -> Option<String> {
    let quote = ['\'', '"'].into_iter().find(|q| !model.contains(*q))?;
    Some(format!("name = {quote}{model}{quote}"))
}

fn with(mut query: Query, token: Option<&str>) -> Query {
    query.extend(token.map(|t| ("page_token", t.to_owned())));
    query
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_break_out_of_its_filter() {
        assert_eq!(named("fraud").as_deref(), Some("name = 'fraud'"));
        assert_eq!(
            named("x' OR name LIKE '%").as_deref(),
            Some("name = \"x' OR name LIKE '%\"")
        );
        assert_eq!(named("a'b\"c"), None);
    }

    #[test]
    fn a_page_goes_on_where_the_last_one_ended() {
        let query = versions_query("fraud", 200, Some("t")).unwrap();
        assert_eq!(query.last(), Some(&("page_token", "t".to_owned())));
        assert_eq!(models_query(1000, None).len(), 1);
    }
}
