//! Envelopes of our own making, with any header, payload and key.

use ciborium::Value;
use ed25519_dalek::Signer;

use crate::world::key;

/// What is inside a code or list: header, other header, payload, signature.
#[derive(Clone)]
pub struct Envelope {
    pub tag: u64,
    pub header: Vec<u8>,
    pub other: Value,
    pub payload: Vec<u8>,
    pub signature: Vec<u8>,
}

pub fn bytes(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    ciborium::into_writer(value, &mut bytes).unwrap();
    bytes
}

pub fn unpack(code: &str) -> Vec<u8> {
    let packed = base45::decode(code.strip_prefix("CS1:").unwrap()).unwrap();
    miniz_oxide::inflate::decompress_to_vec_zlib(&packed).unwrap()
}

/// A code of any bytes.
pub fn pack(bytes: &[u8]) -> String {
    text(&miniz_oxide::deflate::compress_to_vec_zlib(bytes, 10))
}

/// A code of bytes that are compressed already.
pub fn text(bytes: &[u8]) -> String {
    format!("CS1:{}", base45::encode(bytes))
}

impl Envelope {
    pub fn of(sealed: &[u8]) -> Self {
        let Value::Tag(tag, inner) = ciborium::from_reader(sealed).unwrap() else {
            panic!("no tag")
        };
        let [header, other, payload, signature]: [Value; 4] = inner.into_array().unwrap().try_into().unwrap();
        let bytes = |value: Value| value.into_bytes().unwrap();
        Self {
            tag,
            header: bytes(header),
            other,
            payload: bytes(payload),
            signature: bytes(signature),
        }
    }

    pub fn of_code(code: &str) -> Self {
        Self::of(&unpack(code))
    }

    /// Signs it anew with the key of a seed.
    pub fn signed(mut self, seed: u8) -> Self {
        let parts = [
            Value::from("Signature1"),
            Value::from(self.header.as_slice()),
            Value::Bytes(Vec::new()),
            Value::from(self.payload.as_slice()),
        ];
        self.signature = key(seed)
            .sign(&bytes(&Value::Array(parts.to_vec())))
            .to_bytes()
            .to_vec();
        self
    }

    pub fn sealed(&self) -> Vec<u8> {
        let parts = vec![
            Value::from(self.header.as_slice()),
            self.other.clone(),
            Value::from(self.payload.as_slice()),
            Value::from(self.signature.as_slice()),
        ];
        bytes(&Value::Tag(self.tag, Box::new(Value::Array(parts))))
    }

    pub fn code(&self) -> String {
        pack(&self.sealed())
    }

    /// The payload changed field by field, and not signed again.
    pub fn with(mut self, change: impl FnOnce(&mut Vec<(Value, Value)>)) -> Self {
        let mut claims: Value = ciborium::from_reader(self.payload.as_slice()).unwrap();
        change(claims.as_map_mut().unwrap());
        self.payload = bytes(&claims);
        self
    }
}

/// The value of an integer key.
pub fn at(map: &mut [(Value, Value)], key: i64) -> &mut Value {
    let found = map.iter_mut().find(|(known, _)| *known == Value::from(key));
    &mut found.unwrap().1
}

/// The permit's own fields.
pub fn permit(claims: &mut [(Value, Value)]) -> &mut Vec<(Value, Value)> {
    at(claims, -65_537).as_map_mut().unwrap()
}

/// A field of a line of the permit.
pub fn of_line(claims: &mut [(Value, Value)], line: usize, field: usize) -> &mut Value {
    let lines = at(permit(claims), 7).as_array_mut().unwrap();
    &mut lines[line].as_array_mut().unwrap()[field]
}
