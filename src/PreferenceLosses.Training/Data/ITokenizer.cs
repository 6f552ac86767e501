namespace PreferenceLosses.Training;

/// <summary>Text to tokens and back.</summary>
public interface ITokenizer
{
    /// <summary>The number of tokens there are; a token is a number from 0 to one below it.</summary>
    int VocabularySize { get; }

    /// <summary>The token that ends a completion. A policy learns to produce it; a text does not contain it.</summary>
    int EndOfText { get; }

    /// <summary>The tokens of a text, without <see cref="EndOfText"/>. Words that the vocabulary lacks become its token for unknown words.</summary>
    int[] Encode(string text);

    /// <summary>The text of tokens.</summary>
    string Decode(ReadOnlySpan<int> tokens);
}
