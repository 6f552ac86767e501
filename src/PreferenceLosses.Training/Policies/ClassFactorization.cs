using System.Numerics;

namespace PreferenceLosses.Training;

/// <summary>
/// Tokens in about √V classes of about √V tokens: π(token | context) = π(class | context) · π(token | class, context), so that a token costs
/// two softmaxes of √V numbers instead of one of V (Goodman, Classes for Fast Maximum Entropy Training, ICASSP 2001, arXiv cs/0108006). Classes are
/// runs of consecutive tokens: of about the same frequency where tokens are numbered by frequency.
/// </summary>
internal readonly struct ClassFactorization
{
    public ClassFactorization(int vocabularySize)
    {
        VocabularySize = vocabularySize;
        ClassSize = (int)Math.Ceiling(Math.Sqrt(vocabularySize));
        Classes = (vocabularySize + ClassSize - 1) / ClassSize;

        // Rows are walked through with vectors; what is beyond the last weight stays 0.
        RowWidth = (ClassSize + Padding - 1) / Padding * Padding;
    }

    /// <summary>A multiple of every vector's length that there is, so that files do not depend on the machine.</summary>
    private const int Padding = 16;

    public int VocabularySize { get; }

    /// <summary>Tokens in a class; the last one may have fewer.</summary>
    public int ClassSize { get; }

    /// <summary>The number of classes; at most <see cref="ClassSize"/>.</summary>
    public int Classes { get; }

    /// <summary>The room of a row of weights: for a score of each class, or of each token of a class.</summary>
    public int RowWidth { get; }

    public int ClassOf(int token) => token / ClassSize;

    /// <summary>How many tokens a class has.</summary>
    public int SizeOf(int tokenClass) => Math.Min(ClassSize, VocabularySize - (tokenClass * ClassSize));
}
