//! A row of numbers as a line of blocks, for a terminal.

const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// One block a number, the largest as high as the line.
pub fn blocks(numbers: &[u64]) -> String {
    let largest = numbers.iter().copied().max().unwrap_or(0).max(1);
    let block = |number: &u64| match number {
        0 => ' ',
        // 1 to the largest falls onto 0 to 7, so the index is in range.
        _ => BLOCKS[((number * 8 - 1) / largest).min(7) as usize],
    };
    numbers.iter().map(block).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_largest_number_fills_the_line_and_none_is_blank() {
        assert_eq!(super::blocks(&[0, 1, 4, 8]), " ▁▄█");
        assert_eq!(super::blocks(&[]), "");
        assert_eq!(super::blocks(&[0, 0]), "  ");
    }
}
