//! object_store on the command line of the client programs (program.ts).

use std::{env, error::Error, fs, process::exit, time::Duration};

use futures::{StreamExt, TryStreamExt};
use object_store::{
    Attribute, Attributes, GetOptions, GetRange, GetResult, ObjectMeta, ObjectStore, ObjectStoreExt, WriteMultipart,
    aws::{AmazonS3, AmazonS3Builder},
    path::Path,
    signer::Signer,
};
use serde_json::{Value, json};

type Outcome<T> = Result<T, Box<dyn Error>>;
const PART: usize = 5 * 1024 * 1024;

fn decline(reason: &str) -> ! {
    eprintln!("{reason}");
    exit(64);
}

fn told(meta: &ObjectMeta) -> Value {
    let etag = meta.e_tag.as_ref().map(|one| one.trim_matches('"'));
    json!({ "size": meta.size, "etag": etag, "modified": meta.last_modified.to_rfc3339() })
}

fn told_with(meta: &ObjectMeta, attributes: &Attributes) -> Value {
    let mut all = told(meta);
    all["type"] = json!(attributes.get(&Attribute::ContentType).map(|one| one.as_ref()));
    let own = attributes.iter().filter_map(|(name, value)| match name {
        Attribute::Metadata(name) => Some((name.to_string(), json!(value.as_ref()))),
        _ => None,
    });
    all["metadata"] = Value::Object(own.collect());
    all
}

async fn get(s3: &AmazonS3, at: &Path, file: &str, options: GetOptions) -> Outcome<Value> {
    let reply: GetResult = s3.get_opts(at, options).await?;
    let value = told_with(&reply.meta, &reply.attributes);
    fs::write(file, reply.bytes().await?)?;
    Ok(value)
}

async fn get_parts(s3: &AmazonS3, at: &Path, file: &str) -> Outcome<()> {
    let size = s3.head(at).await?.size;
    let ranges: Vec<_> = (0..size).step_by(PART).map(|first| first..size.min(first + PART as u64)).collect();
    let parts = futures::future::try_join_all(ranges.into_iter().map(|range| s3.get_range(at, range))).await?;
    Ok(fs::write(file, parts.concat())?)
}

async fn put_parts(s3: &AmazonS3, at: &Path, file: &str) -> Outcome<()> {
    let mut upload = WriteMultipart::new(s3.put_multipart(at).await?);
    upload.write(&fs::read(file)?);
    upload.finish().await?;
    Ok(())
}

async fn keys(s3: &AmazonS3, prefix: &str) -> Outcome<Vec<Path>> {
    Ok(s3.list(Some(&Path::parse(prefix)?)).map_ok(|one| one.location).try_collect().await?)
}

async fn serve(words: &[String]) -> Outcome<Option<Value>> {
    let [action, bucket, key, rest @ ..] = words else { return Err("too few words".into()) };
    let endpoint = env::var("AWS_ENDPOINT_URL")?;
    let s3 = AmazonS3Builder::from_env().with_endpoint(endpoint).with_bucket_name(bucket).with_allow_http(true).build()?;
    if action.starts_with("put") && key.ends_with('/') {
        decline("its paths have no slash at the end");
    }
    let at = Path::parse(key)?;
    let soon = Duration::from_secs(300);
    match action.as_str() {
        "put" => {
            s3.put(&at, fs::read(&rest[0])?.into()).await?;
        }
        "put-parts" => put_parts(&s3, &at, &rest[0]).await?,
        "get" => return Ok(Some(get(&s3, &at, &rest[0], GetOptions::default()).await?)),
        "get-parts" => get_parts(&s3, &at, &rest[0]).await?,
        "range" => {
            let first = rest[1].parse()?;
            let range = if rest[2].is_empty() { GetRange::Offset(first) } else { GetRange::Bounded(first..rest[2].parse::<u64>()? + 1) };
            let if_match = rest.get(3).map(|etag| format!("\"{etag}\""));
            get(&s3, &at, &rest[0], GetOptions { range: Some(range), if_match, ..Default::default() }).await?;
        }
        "head" => {
            let reply = s3.get_opts(&at, GetOptions { head: true, ..Default::default() }).await?;
            return Ok(Some(told_with(&reply.meta, &reply.attributes)));
        }
        "list" => return Ok(Some(json!(keys(&s3, key).await?.iter().map(Path::as_ref).collect::<Vec<_>>()))),
        "copy" => s3.copy(&at, &Path::parse(&rest[0])?).await?,
        "delete" => s3.delete(&at).await?,
        "delete-all" => {
            let found = keys(&s3, key).await?;
            let gone = s3.delete_stream(futures::stream::iter(found.into_iter().map(Ok)).boxed());
            gone.try_collect::<Vec<_>>().await?;
        }
        "presign-get" => return Ok(Some(json!([s3.signed_url("GET".parse()?, &at, soon).await?.as_str()]))),
        "presign-put" => return Ok(Some(json!([s3.signed_url("PUT".parse()?, &at, soon).await?.as_str()]))),
        _ => decline("is no action"),
    }
    Ok(None)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome<()> {
    let words: Vec<String> = env::args().skip(1).collect();
    if words[0] == "version" {
        let lock = include_str!("../../Cargo.lock").split_once("\nname = \"object_store\"\nversion = \"").unwrap_or_default().1;
        println!("{}", lock.split('"').next().unwrap_or_default());
        return Ok(());
    }
    if let Some(value) = serve(&words).await? {
        println!("{value}");
    }
    Ok(())
}
