namespace TinyTransformer;

/// <summary>How large a GPT-2 is.</summary>
/// <param name="VocabularySize">The number of tokens.</param>
/// <param name="ContextLength">The most tokens that it reads at once.</param>
/// <param name="Width">Numbers that stand for a token; a multiple of the number of heads.</param>
/// <param name="Layers">Blocks.</param>
/// <param name="Heads">Heads of attention in each block.</param>
internal sealed record Gpt2Size(int VocabularySize, int ContextLength, int Width, int Layers, int Heads)
{
    /// <summary>The head width of all four published models.</summary>
    private const int PublishedHeadWidth = 64;

    /// <summary>The size of a model of which only the shapes of its weights are known: heads are 64 wide, as in the four published models.</summary>
    public static Gpt2Size OfPublished(int vocabularySize, int contextLength, int width, int layers) =>
        new(vocabularySize, contextLength, width, layers, width / PublishedHeadWidth);
}
