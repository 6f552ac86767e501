using static TorchSharp.torch;

namespace TorchSharpTrainer;

/// <summary>A prompt with the better and the worse answer to it.</summary>
/// <param name="Prompt">The prompt.</param>
/// <param name="Chosen">The better answer.</param>
/// <param name="Rejected">The worse answer.</param>
internal sealed record Pair(string Prompt, string Chosen, string Rejected);

/// <summary>Pairs as padded tokens: first all prompts with the chosen answer, then all with the rejected one.</summary>
/// <param name="Tokens">The tokens, [2·pairs, T].</param>
/// <param name="Mask">Which of them are the answer, [2·pairs, T]: neither the prompt nor what fills the row up.</param>
internal sealed record PairBatch(Tensor Tokens, Tensor Mask) : IDisposable
{
    /// <summary>A batch of pairs.</summary>
    public static PairBatch Of(IReadOnlyList<Pair> pairs)
    {
        var rows = pairs.Select(pair => (pair.Prompt, Answer: pair.Chosen)).Concat(pairs.Select(pair => (pair.Prompt, Answer: pair.Rejected))).ToList();
        var length = rows.Max(row => row.Prompt.Length + row.Answer.Length + 1);
        var tokens = new long[rows.Count, length];
        var mask = new bool[rows.Count, length];
        for (var i = 0; i < rows.Count; i++)
        {
            // A 0 byte ends the answer.
            var text = rows[i].Prompt + rows[i].Answer + '\0';
            for (var t = 0; t < text.Length; t++)
            {
                tokens[i, t] = text[t];
                mask[i, t] = t >= rows[i].Prompt.Length;
            }
        }

        return new PairBatch(tensor(tokens), tensor(mask));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Tokens.Dispose();
        Mask.Dispose();
    }
}
