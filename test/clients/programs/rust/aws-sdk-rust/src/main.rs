//! aws-sdk-s3 on the command line of the client programs (program.ts).

use std::{collections::HashMap, env, error::Error, process::exit, time::Duration};

use aws_sdk_s3::{
    Client,
    config::Builder,
    presigning::PresigningConfig,
    primitives::{ByteStream, DateTime, DateTimeFormat},
    types::{CompletedMultipartUpload, CompletedPart, Delete, ObjectIdentifier},
};
use serde_json::{Value, json};

type Outcome<T> = Result<T, Box<dyn Error>>;
const PART: usize = 5 * 1024 * 1024;

fn told(size: Option<i64>, etag: Option<&str>, modified: Option<&DateTime>, kind: Option<&str>, metadata: Option<&HashMap<String, String>>) -> Value {
    json!({
        "size": size,
        "etag": etag.map(|one| one.trim_matches('"')),
        "modified": modified.and_then(|one| one.fmt(DateTimeFormat::DateTime).ok()),
        "type": kind,
        "metadata": metadata,
    })
}

async fn get(s3: &Client, bucket: &str, key: &str, file: &str, range: Option<String>, etag: Option<&String>) -> Outcome<Value> {
    let reply = s3.get_object().bucket(bucket).key(key).set_range(range).set_if_match(etag.map(|one| format!("\"{one}\""))).send().await?;
    let value = told(reply.content_length(), reply.e_tag(), reply.last_modified(), reply.content_type(), reply.metadata());
    std::fs::write(file, reply.body.collect().await?.into_bytes())?;
    Ok(value)
}

async fn put_parts(s3: &Client, bucket: &str, key: &str, file: &str) -> Outcome<()> {
    let begun = s3.create_multipart_upload().bucket(bucket).key(key).send().await?;
    let id = begun.upload_id().unwrap_or_default();
    let mut parts = Vec::new();
    for (index, part) in std::fs::read(file)?.chunks(PART).enumerate() {
        let number = index as i32 + 1;
        let body = ByteStream::from(part.to_vec());
        let put = s3.upload_part().bucket(bucket).key(key).upload_id(id).part_number(number).body(body).send().await?;
        let done = CompletedPart::builder().part_number(number).set_e_tag(put.e_tag).set_checksum_crc32(put.checksum_crc32);
        parts.push(done.build());
    }
    let list = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
    s3.complete_multipart_upload().bucket(bucket).key(key).upload_id(id).multipart_upload(list).send().await?;
    Ok(())
}

async fn keys(s3: &Client, bucket: &str, prefix: &str) -> Outcome<Vec<String>> {
    let mut pages = s3.list_objects_v2().bucket(bucket).prefix(prefix).into_paginator().send();
    let mut found = Vec::new();
    while let Some(page) = pages.next().await {
        found.extend(page?.contents().iter().filter_map(|one| one.key().map(String::from)));
    }
    Ok(found)
}

async fn serve(words: &[String]) -> Outcome<Option<Value>> {
    let [action, bucket, key, rest @ ..] = words else { return Err("too few words".into()) };
    let config = aws_config::load_defaults(aws_config::BehaviorVersion::latest()).await;
    let s3 = Client::from_conf(Builder::from(&config).force_path_style(true).build());
    let soon = PresigningConfig::expires_in(Duration::from_secs(300))?;
    match action.as_str() {
        "put" => {
            s3.put_object().bucket(bucket).key(key).body(ByteStream::from_path(&rest[0]).await?).send().await?;
        }
        "put-parts" => put_parts(&s3, bucket, key, &rest[0]).await?,
        "get" => return Ok(Some(get(&s3, bucket, key, &rest[0], None, None).await?)),
        "range" => {
            let range = format!("bytes={}-{}", rest[1], rest[2]);
            get(&s3, bucket, key, &rest[0], Some(range), rest.get(3)).await?;
        }
        "head" => {
            let found = s3.head_object().bucket(bucket).key(key).send().await?;
            return Ok(Some(told(found.content_length(), found.e_tag(), found.last_modified(), found.content_type(), found.metadata())));
        }
        "list" => return Ok(Some(json!(keys(&s3, bucket, key).await?))),
        "copy" => {
            s3.copy_object().copy_source(format!("{bucket}/{key}")).bucket(bucket).key(&rest[0]).send().await?;
        }
        "delete" => {
            s3.delete_object().bucket(bucket).key(key).send().await?;
        }
        "delete-all" => {
            let mut list = Delete::builder();
            for one in keys(&s3, bucket, key).await? {
                list = list.objects(ObjectIdentifier::builder().key(one).build()?);
            }
            s3.delete_objects().bucket(bucket).delete(list.build()?).send().await?;
        }
        "presign-get" => return Ok(Some(json!([s3.get_object().bucket(bucket).key(key).presigned(soon).await?.uri()]))),
        "presign-put" => return Ok(Some(json!([s3.put_object().bucket(bucket).key(key).presigned(soon).await?.uri()]))),
        _ => {
            eprintln!("its transfer manager is a crate of its own");
            exit(64);
        }
    }
    Ok(None)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome<()> {
    let words: Vec<String> = env::args().skip(1).collect();
    if words[0] == "version" {
        println!("{}", aws_sdk_s3::meta::PKG_VERSION);
        return Ok(());
    }
    if let Some(value) = serve(&words).await? {
        println!("{value}");
    }
    Ok(())
}
